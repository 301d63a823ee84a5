/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * What a run left in its output, read as a scheduler or a person reads it.
 *
 * @param path the output
 */
public record RunFolder(Path path) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** {@code STATUS.json}. */
  public JsonNode status() throws IOException {
    return JSON.readTree(Files.readString(path.resolve("STATUS.json")));
  }

  /** What it says of the run. */
  public String state() throws IOException {
    return status().get("state").asText();
  }

  /** The attempts, oldest first. */
  public List<JsonNode> attempts() throws IOException {
    List<JsonNode> attempts = new ArrayList<>();
    status().get("attempts").forEach(attempts::add);
    return attempts;
  }

  /** Every update from the first to the last has one line, and they stand in order. */
  public void requireUpdates(long last) throws IOException {
    List<Long> updates = new ArrayList<>();
    for (JsonNode line : metrics()) {
      if (!line.has("validation")) {
        updates.add(line.get("update").asLong());
      }
    }
    assertThat(updates).containsExactlyElementsOf(LongStream.rangeClosed(1, last).boxed().toList());
  }

  /** The accuracy of the last validation. */
  public double accuracy() throws IOException {
    double accuracy = Double.NaN;
    for (JsonNode line : metrics()) {
      if (line.has("validation")) {
        accuracy = line.at("/validation/accuracy").asDouble();
      }
    }
    return accuracy;
  }

  /** Whether an attempt with this number, or a later one, has got as far as this update. */
  public boolean isAt(int attempt, long update) throws IOException {
    Path metrics = path.resolve("metrics.jsonl");
    if (!Files.exists(metrics) || status().get("attempt").asInt() < attempt) {
      return false;
    }
    List<String> lines = Files.readAllLines(metrics);
    // The last line may be half written.
    return lines.size() > 1
        && JSON.readTree(lines.get(lines.size() - 2)).get("update").asLong() >= update;
  }

  /** The last update that its metrics tell of. */
  public long lastUpdate() throws IOException {
    List<String> lines = Files.readAllLines(path.resolve("metrics.jsonl"));
    // The last line may be half written.
    return JSON.readTree(lines.get(lines.size() - 2)).get("update").asLong();
  }

  private List<JsonNode> metrics() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(path.resolve("metrics.jsonl"))) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }
}

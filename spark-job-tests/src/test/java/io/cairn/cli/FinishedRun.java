/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.zip.ZipFile;

/**
 * What a run has left, to be held against what an undisturbed one leaves.
 *
 * @param directory its output
 */
record FinishedRun(Path directory) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> MODEL_STATE = List.of("coefficients.bin", "updaterState.bin");

  /** What of an update's metrics is no measurement of time. */
  private static final List<String> EXACT =
      List.of("update", "epoch", "examples", "loss", "learningRate", "gradientNorm", "validation");

  /** The same bytes of parameters and updater, and the same metrics, each exactly once. */
  void requireSameAs(FinishedRun undisturbed) throws IOException {
    for (String entry : MODEL_STATE) {
      assertThat(entry(entry)).as(entry).isEqualTo(undisturbed.entry(entry));
    }
    assertThat(exactMetrics()).isEqualTo(undisturbed.exactMetrics());
  }

  /** Every update from the first to the last has one line, and they stand in order. */
  void requireUpdates(long last) throws IOException {
    List<Long> updates = new ArrayList<>();
    for (JsonNode line : metrics()) {
      if (line.has("loss")) {
        updates.add(line.get("update").asLong());
      }
    }
    assertThat(updates).containsExactlyElementsOf(LongStream.rangeClosed(1, last).boxed().toList());
  }

  /** What {@code STATUS.json} tells of the attempts. */
  List<JsonNode> attempts() throws IOException {
    List<JsonNode> attempts = new ArrayList<>();
    DriverProcess.status(directory).get("attempts").forEach(attempts::add);
    return attempts;
  }

  /** The bytes of an entry of its model's archive. */
  byte[] entry(String name) throws IOException {
    try (ZipFile zip = new ZipFile(directory.resolve("model.zip").toFile())) {
      return zip.getInputStream(zip.getEntry(name)).readAllBytes();
    }
  }

  private List<String> exactMetrics() throws IOException {
    List<String> exact = new ArrayList<>();
    for (JsonNode line : metrics()) {
      List<String> fields = new ArrayList<>();
      EXACT.forEach(name -> fields.add(name + "=" + line.get(name)));
      exact.add(String.join(" ", fields));
    }
    return exact;
  }

  /** All lines of the metrics. */
  List<JsonNode> metrics() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("metrics.jsonl"))) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }
}

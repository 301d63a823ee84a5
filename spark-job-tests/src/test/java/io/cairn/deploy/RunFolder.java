/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run left in its output, read as a scheduler or a person reads it.
 *
 * @param path the output
 */
record RunFolder(Path path) {

  private static final ObjectMapper JSON = new ObjectMapper();

  JsonNode status() throws IOException {
    return JSON.readTree(Files.readString(path.resolve("STATUS.json")));
  }

  String state() throws IOException {
    return status().get("state").asText();
  }

  /** The numbers of the updates in the order of their lines. */
  List<Long> updates() throws IOException {
    List<Long> updates = new ArrayList<>();
    for (JsonNode line : metrics()) {
      if (line.has("loss")) {
        updates.add(line.get("update").asLong());
      }
    }
    return updates;
  }

  /** The accuracy of the last validation. */
  double accuracy() throws IOException {
    double accuracy = Double.NaN;
    for (JsonNode line : metrics()) {
      if (line.has("validation")) {
        accuracy = line.at("/validation/accuracy").asDouble();
      }
    }
    return accuracy;
  }

  boolean hasUpdates() throws IOException {
    Path metrics = path.resolve("metrics.jsonl");
    return Files.exists(metrics) && Files.size(metrics) > 0;
  }

  private List<JsonNode> metrics() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(path.resolve("metrics.jsonl"))) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }
}

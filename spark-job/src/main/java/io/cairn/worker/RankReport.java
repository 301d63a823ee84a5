/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Objects;

/**
 * What a rank tells the driver at its end, as a line of JSON.
 *
 * @param rank its number
 * @param update updates of the run done
 * @param stopped why it stopped before the last one; empty if it did not
 */
public record RankReport(int rank, long update, String stopped) {

  private static final ObjectMapper JSON = new ObjectMapper();

  public RankReport {
    Objects.requireNonNull(stopped, "stopped");
  }

  String write() {
    return JSON.createObjectNode()
        .put("rank", rank)
        .put("update", update)
        .put("stopped", stopped)
        .toString();
  }

  /**
   * Reads what a rank wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static RankReport read(String line) {
    try {
      JsonNode node = JSON.readTree(line);
      return new RankReport(
          node.required("rank").asInt(),
          node.required("update").asLong(),
          node.required("stopped").asText());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a rank reported \"" + line + "\"", e);
    }
  }
}

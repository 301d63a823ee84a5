/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.json.StrictJson;
import java.util.Objects;

/**
 * What a rank tells the driver when it has ended, as a line of JSON.
 *
 * @param rank its number
 * @param update updates of the run done
 * @param stopped why it stopped before the last one; empty if it did not
 * @param early why the run is over before the last one; empty if it is not
 */
public record RankReport(int rank, long update, String stopped, String early) {

  public RankReport {
    Objects.requireNonNull(stopped, "stopped");
    Objects.requireNonNull(early, "early");
  }

  String write() {
    return StrictJson.line(this);
  }

  /**
   * Reads what a rank wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static RankReport read(String line) {
    try {
      return StrictJson.parse(line, RankReport.class);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("a rank reported \"" + line + "\"", e);
    }
  }
}

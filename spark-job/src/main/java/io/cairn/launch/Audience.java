/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunStart;

/**
 * Who watches a run from the driver: a terminal, a log, a test.
 *
 * <p>Threading: called on the driver's thread; the sink it opens is fed by Spark's.
 */
public interface Audience {

  /** Takes one line about what the run does now. */
  void tell(String line);

  /**
   * Opens the display of the updates; the run closes it.
   *
   * @param run what is known of it by now
   */
  MetricsSink watch(RunStart run);

  /** Takes how the run has ended, once its files are as they will be. */
  default void ends(RunEnd end) {}
}

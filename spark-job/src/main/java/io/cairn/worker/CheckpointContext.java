/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import java.io.Serializable;
import java.util.Objects;

/**
 * What a worker is told about the run's files: which attempt has them, where it starts, and what it
 * leaves.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param home where the run lives
 * @param attempt number of the attempt, from 1
 * @param claim the token by which the attempt has the run
 * @param fromUpdate the update whose checkpoint the attempt starts from; 0 for the initial model
 * @param everyUpdates updates between two checkpoints
 * @param settingsJson the resolved settings with the plan, for each checkpoint
 * @param stopWithinMs how long the end of a worker's process may be held up for the update under
 *     way and its checkpoint; 0 if the process is not the run's
 */
public record CheckpointContext(
    RunHome home,
    int attempt,
    String claim,
    long fromUpdate,
    int everyUpdates,
    String settingsJson,
    long stopWithinMs)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  public CheckpointContext {
    Objects.requireNonNull(home, "home");
    Objects.requireNonNull(claim, "claim");
    Objects.requireNonNull(settingsJson, "settingsJson");
    if (fromUpdate < 0 || everyUpdates < 1 || stopWithinMs < 0) {
      throw new IllegalArgumentException(
          "from update %d, every %d updates, %d ms"
              .formatted(fromUpdate, everyUpdates, stopWithinMs));
    }
  }

  /** By which the attempt's ranks find the driver. */
  String channel() {
    return channel(claim);
  }

  /** By which the ranks of an attempt with this claim find the driver. */
  public static String channel(String claim) {
    return "cairn-" + claim;
  }
}

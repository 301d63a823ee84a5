/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * How often a checkpoint is taken, and how many are kept.
 *
 * @param everyUpdates updates between two checkpoints, at least 1
 * @param keep newest checkpoints kept, at least 1
 * @param keepEvery the first checkpoint of every so many updates is kept for good, at least 1;
 *     empty for none
 */
public record CheckpointSettings(int everyUpdates, int keep, OptionalLong keepEvery) {
  public CheckpointSettings {
    Objects.requireNonNull(keepEvery, "keepEvery");
    if (everyUpdates < 1 || keep < 1) {
      throw new IllegalArgumentException(
          "everyUpdates and keep must be at least 1, not " + everyUpdates + ", " + keep);
    }
    if (keepEvery.isPresent() && keepEvery.getAsLong() < 1) {
      throw new IllegalArgumentException(
          "keepEvery must be at least 1, not " + keepEvery.getAsLong());
    }
  }
}

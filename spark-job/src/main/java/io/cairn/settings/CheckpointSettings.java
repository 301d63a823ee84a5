/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

/**
 * How often a checkpoint is taken, and how many are kept.
 *
 * @param everyUpdates updates between two checkpoints, at least 1
 * @param keep newest checkpoints kept, at least 1
 */
public record CheckpointSettings(int everyUpdates, int keep) {
  public CheckpointSettings {
    if (everyUpdates < 1 || keep < 1) {
      throw new IllegalArgumentException(
          "everyUpdates and keep must be at least 1, not " + everyUpdates + ", " + keep);
    }
  }
}

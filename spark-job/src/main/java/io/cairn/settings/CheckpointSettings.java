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
    CheckpointKeys.EVERY_UPDATES.require(everyUpdates);
    CheckpointKeys.KEEP.require(keep);
    keepEvery.ifPresent(CheckpointKeys.KEEP_EVERY::require);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.whole;

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
  static final Key<Integer> EVERY_UPDATES =
      Key.of("checkpoint.every-updates", count("updates")).byDefault(100);
  static final Key<Integer> KEEP = Key.of("checkpoint.keep", count("checkpoints")).byDefault(3);
  static final Key<Long> KEEP_EVERY = Key.of("checkpoint.keep-every", whole(1, "updates"));

  static final Block<CheckpointSettings> BLOCK =
      Block.<CheckpointSettings>named("checkpoint", Resume.MAY_CHANGE)
          .with(EVERY_UPDATES, CheckpointSettings::everyUpdates)
          .with(KEEP, CheckpointSettings::keep)
          .maybeLong(KEEP_EVERY, CheckpointSettings::keepEvery);

  public CheckpointSettings {
    Objects.requireNonNull(keepEvery, "keepEvery");
    EVERY_UPDATES.require(everyUpdates);
    KEEP.require(keep);
    keepEvery.ifPresent(KEEP_EVERY::require);
  }

  /** The settings, once nothing is known to be wrong. */
  static CheckpointSettings from(Values values) {
    return new CheckpointSettings(
        values.of(EVERY_UPDATES), values.of(KEEP), values.maybeLong(KEEP_EVERY));
  }
}

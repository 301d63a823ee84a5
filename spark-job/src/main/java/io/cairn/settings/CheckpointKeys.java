/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.whole;

/**
 * The keys of {@code checkpoint}.
 *
 * <p>Threading: stateless.
 */
final class CheckpointKeys {

  static final Key<Integer> EVERY_UPDATES =
      Key.of("checkpoint.every-updates", count("updates")).byDefault(100);
  static final Key<Integer> KEEP = Key.of("checkpoint.keep", count("checkpoints")).byDefault(3);
  static final Key<Long> KEEP_EVERY = Key.of("checkpoint.keep-every", whole(1, "updates"));

  static final Block<CheckpointSettings> BLOCK =
      Block.<CheckpointSettings>named("checkpoint", Resume.MAY_CHANGE)
          .with(EVERY_UPDATES, CheckpointSettings::everyUpdates)
          .with(KEEP, CheckpointSettings::keep)
          .maybeLong(KEEP_EVERY, CheckpointSettings::keepEvery);

  private CheckpointKeys() {}

  /** The settings, once nothing is known to be wrong. */
  static CheckpointSettings settings(Values values) {
    return new CheckpointSettings(
        values.of(EVERY_UPDATES), values.of(KEEP), values.maybeLong(KEEP_EVERY));
  }
}

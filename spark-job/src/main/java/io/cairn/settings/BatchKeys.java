/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.orWord;

import io.cairn.settings.BatchSettings.MicroSize;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The keys of {@code batch}, in which one number may be the word {@code auto}.
 *
 * <p>Threading: stateless.
 */
final class BatchKeys {

  static final Key<Integer> WORKERS = Key.of("batch.workers", count("workers"));

  /** Empty where a probe decides. */
  static final Key<Optional<Integer>> MICRO =
      Key.of("batch.micro", orWord(count("examples"), "auto"));

  static final Key<Integer> STEPS = Key.of("batch.steps", count("micro-batches"));
  static final Key<Integer> EFFECTIVE = Key.of("batch.effective", count("examples"));

  static final Block<BatchSettings> BLOCK =
      Block.<BatchSettings>named("batch", Resume.MAY_CHANGE)
          .maybeInt(WORKERS, BatchSettings::workers)
          .maybe(MICRO, BatchKeys::micro)
          .maybeInt(STEPS, BatchSettings::steps)
          .maybeInt(EFFECTIVE, BatchSettings::effective);

  private BatchKeys() {}

  private static Optional<Optional<Integer>> micro(BatchSettings settings) {
    OptionalInt micro = settings.micro();
    if (micro.isPresent()) {
      return Optional.of(Optional.of(micro.getAsInt()));
    }
    return settings.microSize() == MicroSize.PROBED
        ? Optional.of(Optional.empty())
        : Optional.empty();
  }

  /** The numbers one by one; whether they agree with each other is asked elsewhere. */
  static BatchSettings settings(Values values) {
    Optional<Optional<Integer>> micro = values.maybe(MICRO);
    boolean probed = micro.isPresent() && micro.get().isEmpty();
    return new BatchSettings(
        values.maybeInt(WORKERS),
        micro.flatMap(number -> number).map(OptionalInt::of).orElse(OptionalInt.empty()),
        probed ? MicroSize.PROBED : MicroSize.GIVEN,
        values.maybeInt(STEPS),
        values.maybeInt(EFFECTIVE));
  }
}

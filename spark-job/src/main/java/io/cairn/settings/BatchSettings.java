/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.orWord;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The numbers of {@code workers x micro x steps = effective} that the operator has given. {@code
 * io.cairn.plan} computes the missing ones.
 *
 * @param workers barrier tasks, one executor each
 * @param micro examples of one forward and backward pass on one worker
 * @param microSize who decides {@code micro}; where it is a probe, {@code micro} is absent
 * @param steps micro-batches that each worker sums before an update
 * @param effective examples that enter one update
 */
public record BatchSettings(
    OptionalInt workers,
    OptionalInt micro,
    MicroSize microSize,
    OptionalInt steps,
    OptionalInt effective) {
  static final Key<Integer> WORKERS = Key.of("batch.workers", count("workers"));

  /** Empty where a probe decides. */
  static final Key<Optional<Integer>> MICRO =
      Key.of("batch.micro", orWord(count("examples"), "auto"));

  static final Key<Integer> STEPS = Key.of("batch.steps", count("micro-batches"));
  static final Key<Integer> EFFECTIVE = Key.of("batch.effective", count("examples"));

  static final Block<BatchSettings> BLOCK =
      Block.<BatchSettings>named("batch", Resume.MAY_CHANGE)
          .maybeInt(WORKERS, BatchSettings::workers)
          .maybe(MICRO, BatchSettings::askedMicro)
          .maybeInt(STEPS, BatchSettings::steps)
          .maybeInt(EFFECTIVE, BatchSettings::effective);

  /** Who decides how large a micro-batch is. */
  public enum MicroSize {
    /** The numbers that are given. */
    GIVEN,
    /** The workers, which find out what fits in their memory: {@code batch.micro = auto}. */
    PROBED
  }

  public BatchSettings {
    Objects.requireNonNull(workers, "workers");
    Objects.requireNonNull(micro, "micro");
    Objects.requireNonNull(microSize, "microSize");
    Objects.requireNonNull(steps, "steps");
    Objects.requireNonNull(effective, "effective");
    workers.ifPresent(WORKERS::require);
    micro.ifPresent(number -> MICRO.require(Optional.of(number)));
    steps.ifPresent(STEPS::require);
    effective.ifPresent(EFFECTIVE::require);
    if (microSize == MicroSize.PROBED && micro.isPresent()) {
      throw new IllegalArgumentException("micro is both " + micro.getAsInt() + " and probed");
    }
  }

  /** Numbers of which none is left to a probe. */
  public BatchSettings(
      OptionalInt workers, OptionalInt micro, OptionalInt steps, OptionalInt effective) {
    this(workers, micro, MicroSize.GIVEN, steps, effective);
  }

  private static Optional<Optional<Integer>> askedMicro(BatchSettings settings) {
    OptionalInt micro = settings.micro();
    if (micro.isPresent()) {
      return Optional.of(Optional.of(micro.getAsInt()));
    }
    return settings.microSize() == MicroSize.PROBED
        ? Optional.of(Optional.empty())
        : Optional.empty();
  }

  /** The numbers one by one; whether they agree with each other is asked elsewhere. */
  static BatchSettings from(Values values) {
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

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static com.typesafe.config.ConfigValueFactory.fromAnyRef;
import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.ofItsOwn;
import static io.cairn.settings.Kind.orWord;

import com.typesafe.config.ConfigValue;
import java.util.List;
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
 * @param schedule other steps, from some epochs on, in the order of the epochs; empty for the same
 *     in all
 */
public record BatchSettings(
    OptionalInt workers,
    OptionalInt micro,
    MicroSize microSize,
    OptionalInt steps,
    OptionalInt effective,
    List<BatchStage> schedule) {
  static final Key<Integer> WORKERS = Key.of("batch.workers", count("workers"));

  /** Empty where a probe decides. */
  static final Key<Optional<Integer>> MICRO =
      Key.of("batch.micro", orWord(count("examples"), "auto"));

  static final Key<Integer> STEPS = Key.of("batch.steps", count("micro-batches"));
  static final Key<Integer> EFFECTIVE = Key.of("batch.effective", count("examples"));

  /** Read here, with the keys of {@link BatchStage#BLOCK}. */
  static final Key<ConfigValue> SCHEDULE = Key.of("batch.schedule", ofItsOwn());

  static final Block<BatchSettings> BLOCK =
      Block.<BatchSettings>named("batch", Resume.MAY_CHANGE)
          .maybeInt(WORKERS, BatchSettings::workers)
          .maybe(MICRO, BatchSettings::askedMicro)
          .maybeInt(STEPS, BatchSettings::steps)
          .maybeInt(EFFECTIVE, BatchSettings::effective)
          .maybe(SCHEDULE, BatchSettings::scheduleJson);

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
    schedule = List.copyOf(schedule);
    workers.ifPresent(WORKERS::require);
    micro.ifPresent(number -> MICRO.require(Optional.of(number)));
    steps.ifPresent(STEPS::require);
    effective.ifPresent(EFFECTIVE::require);
    if (microSize == MicroSize.PROBED && micro.isPresent()) {
      throw new IllegalArgumentException("micro is both " + micro.getAsInt() + " and probed");
    }
    for (int i = 1; i < schedule.size(); i++) {
      if (schedule.get(i).fromEpoch() <= schedule.get(i - 1).fromEpoch()) {
        throw new IllegalArgumentException("not in the order of epochs: " + schedule);
      }
    }
  }

  /** Numbers that hold for all epochs. */
  public BatchSettings(
      OptionalInt workers,
      OptionalInt micro,
      MicroSize microSize,
      OptionalInt steps,
      OptionalInt effective) {
    this(workers, micro, microSize, steps, effective, List.of());
  }

  /** Numbers of which none is left to a probe. */
  public BatchSettings(
      OptionalInt workers, OptionalInt micro, OptionalInt steps, OptionalInt effective) {
    this(workers, micro, MicroSize.GIVEN, steps, effective);
  }

  /**
   * The steps that the four numbers are reckoned with: those given, or else those that the schedule
   * begins with in the first epoch.
   */
  public OptionalInt firstSteps() {
    return steps.isEmpty() && isScheduledFromTheStart()
        ? OptionalInt.of(schedule.get(0).steps())
        : steps;
  }

  /** Whether the schedule leaves no epoch to the four numbers. */
  public boolean isScheduledFromTheStart() {
    return !schedule.isEmpty() && schedule.get(0).fromEpoch() == 1;
  }

  private Optional<ConfigValue> scheduleJson() {
    return schedule.isEmpty()
        ? Optional.empty()
        : Optional.of(
            fromAnyRef(
                schedule.stream().map(stage -> BatchStage.BLOCK.json(stage).root()).toList()));
  }

  private static List<BatchStage> schedule(Values values) {
    return BatchStage.list(
        values.entries(SCHEDULE, BatchStage.BLOCK.keys().keySet(), BatchStage.EXAMPLE));
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
        values.maybeInt(EFFECTIVE),
        schedule(values));
  }
}

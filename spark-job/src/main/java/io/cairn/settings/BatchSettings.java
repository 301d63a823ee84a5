/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The batch arithmetic as far as the operator gave it: workers x micro x steps = effective.
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
    workers.ifPresent(BatchKeys.WORKERS::require);
    micro.ifPresent(number -> BatchKeys.MICRO.require(Optional.of(number)));
    steps.ifPresent(BatchKeys.STEPS::require);
    effective.ifPresent(BatchKeys.EFFECTIVE::require);
    if (microSize == MicroSize.PROBED && micro.isPresent()) {
      throw new IllegalArgumentException("micro is both " + micro.getAsInt() + " and probed");
    }
  }

  /** Numbers of which none is left to a probe. */
  public BatchSettings(
      OptionalInt workers, OptionalInt micro, OptionalInt steps, OptionalInt effective) {
    this(workers, micro, MicroSize.GIVEN, steps, effective);
  }
}

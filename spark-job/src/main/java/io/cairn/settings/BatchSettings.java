/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * The batch arithmetic as far as the operator gave it: workers x micro x steps = effective.
 *
 * @param workers barrier tasks, one executor each
 * @param micro examples of one forward and backward pass on one worker
 * @param steps micro-batches that each worker sums before an update
 * @param effective examples that enter one update
 */
public record BatchSettings(
    OptionalInt workers, OptionalInt micro, OptionalInt steps, OptionalInt effective) {
  public BatchSettings {
    Objects.requireNonNull(workers, "workers");
    Objects.requireNonNull(micro, "micro");
    Objects.requireNonNull(steps, "steps");
    Objects.requireNonNull(effective, "effective");
    requirePositive("workers", workers);
    requirePositive("micro", micro);
    requirePositive("steps", steps);
    requirePositive("effective", effective);
  }

  private static void requirePositive(String name, OptionalInt value) {
    if (value.isPresent() && value.getAsInt() < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, not " + value.getAsInt());
    }
  }
}

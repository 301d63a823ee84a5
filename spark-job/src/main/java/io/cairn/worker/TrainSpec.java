/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.settings.TrainSettings.SelfCheck;
import java.io.Serializable;
import java.util.Objects;

/**
 * How long to train, and the rules of an update. In contrast to {@link
 * io.cairn.settings.TrainSettings} everything is decided: epochs have been converted to updates,
 * and the clipping is the settings' or else the model's own.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param seed the run's seed
 * @param updates updates of the whole run
 * @param clipGlobalNorm largest norm of the mean gradient; infinite for none
 * @param onNonFinite what a NaN or infinity in the gradient does
 * @param selfCheck whether the ranks try their gradients before the first update
 * @param stop when the ranks validate, and when they stop early
 */
public record TrainSpec(
    long seed,
    long updates,
    double clipGlobalNorm,
    OnNonFinite onNonFinite,
    SelfCheck selfCheck,
    StopRule stop)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  /** One that validates at the ends of epochs and never stops early. */
  public TrainSpec(
      long seed,
      long updates,
      double clipGlobalNorm,
      OnNonFinite onNonFinite,
      SelfCheck selfCheck) {
    this(seed, updates, clipGlobalNorm, onNonFinite, selfCheck, StopRule.NONE);
  }

  public TrainSpec {
    Objects.requireNonNull(stop, "stop");
    Objects.requireNonNull(onNonFinite, "onNonFinite");
    Objects.requireNonNull(selfCheck, "selfCheck");
    if (updates < 1 || !(clipGlobalNorm > 0)) {
      throw new IllegalArgumentException(
          "updates and clipping must be positive, not %d, %s".formatted(updates, clipGlobalNorm));
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How long to train, and the rules of an update.
 *
 * @param epochs passes over the training data; exactly one of {@code epochs} and {@code updates} is
 *     present
 * @param updates optimizer steps
 * @param clipGlobalNorm largest L2 norm of the mean gradient over all parameters, if it is clipped
 * @param onNonFinite what a NaN or infinity in the gradient does
 * @param selfCheck whether the gradient is tried before the first update
 */
public record TrainSettings(
    OptionalInt epochs,
    OptionalLong updates,
    OptionalDouble clipGlobalNorm,
    OnNonFinite onNonFinite,
    SelfCheck selfCheck) {
  public TrainSettings {
    Objects.requireNonNull(epochs, "epochs");
    Objects.requireNonNull(updates, "updates");
    Objects.requireNonNull(clipGlobalNorm, "clipGlobalNorm");
    Objects.requireNonNull(onNonFinite, "onNonFinite");
    Objects.requireNonNull(selfCheck, "selfCheck");
    if (epochs.isPresent() == updates.isPresent()) {
      throw new IllegalArgumentException("exactly one of epochs and updates");
    }
    epochs.ifPresent(TrainKeys.EPOCHS::require);
    updates.ifPresent(TrainKeys.UPDATES::require);
    clipGlobalNorm.ifPresent(TrainKeys.CLIP_GLOBAL_NORM::require);
  }

  /** What a NaN or infinity in the gradient does. */
  public enum OnNonFinite {
    /** The run ends with an error that names the update and the layer. */
    FAIL,
    /** The update is left out, and counted. */
    SKIP
  }

  /** Whether the gradient is tried on a few examples before the first update. */
  public enum SelfCheck {
    /** A gradient that is wrong, or does not add up, ends the run. */
    ON,
    /** Nothing is tried. */
    OFF
  }
}

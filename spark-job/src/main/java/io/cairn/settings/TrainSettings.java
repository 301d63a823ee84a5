/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.number;
import static io.cairn.settings.Kind.whole;

import java.util.Objects;
import java.util.Optional;
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
 * @param updater the optimizer in place of the model's, if it is replaced
 * @param stopping when it validates, and when it ends before its last update
 */
public record TrainSettings(
    OptionalInt epochs,
    OptionalLong updates,
    OptionalDouble clipGlobalNorm,
    OnNonFinite onNonFinite,
    SelfCheck selfCheck,
    Optional<UpdaterSettings> updater,
    StoppingSettings stopping) {
  static final Key<Integer> EPOCHS =
      Key.of("train.epochs", count("passes")).onResume(Resume.MAY_GROW);
  static final Key<Long> UPDATES =
      Key.of("train.updates", whole(1, "optimizer steps")).onResume(Resume.MAY_GROW);
  static final Key<Double> CLIP_GLOBAL_NORM =
      Key.of("train.clip-global-norm", number(0, Double.POSITIVE_INFINITY, "norm"));
  static final Key<OnNonFinite> ON_NON_FINITE =
      Key.of("train.on-non-finite", choice(OnNonFinite.class)).byDefault(OnNonFinite.FAIL);
  static final Key<SelfCheck> SELF_CHECK =
      Key.of("train.self-check", choice(SelfCheck.class))
          .byDefault(SelfCheck.ON)
          .onResume(Resume.MAY_CHANGE);

  static final Block<TrainSettings> BLOCK =
      Block.<TrainSettings>named("train", Resume.MUST_STAY)
          .maybeInt(EPOCHS, TrainSettings::epochs)
          .maybeLong(UPDATES, TrainSettings::updates)
          .maybeDouble(CLIP_GLOBAL_NORM, TrainSettings::clipGlobalNorm)
          .with(ON_NON_FINITE, TrainSettings::onNonFinite)
          .with(SELF_CHECK, TrainSettings::selfCheck)
          .maybe(UpdaterSettings.BLOCK, TrainSettings::updater)
          .with(StoppingSettings.BLOCK, TrainSettings::stopping);

  /** Settings of a run that keeps the model's optimizer and never stops early. */
  public TrainSettings(
      OptionalInt epochs,
      OptionalLong updates,
      OptionalDouble clipGlobalNorm,
      OnNonFinite onNonFinite,
      SelfCheck selfCheck) {
    this(
        epochs,
        updates,
        clipGlobalNorm,
        onNonFinite,
        selfCheck,
        Optional.empty(),
        StoppingSettings.NONE);
  }

  public TrainSettings {
    Objects.requireNonNull(epochs, "epochs");
    Objects.requireNonNull(updates, "updates");
    Objects.requireNonNull(clipGlobalNorm, "clipGlobalNorm");
    Objects.requireNonNull(onNonFinite, "onNonFinite");
    Objects.requireNonNull(selfCheck, "selfCheck");
    Objects.requireNonNull(updater, "updater");
    Objects.requireNonNull(stopping, "stopping");
    if (epochs.isPresent() == updates.isPresent()) {
      throw new IllegalArgumentException("exactly one of epochs and updates");
    }
    epochs.ifPresent(EPOCHS::require);
    updates.ifPresent(UPDATES::require);
    clipGlobalNorm.ifPresent(CLIP_GLOBAL_NORM::require);
  }

  /** The same for so many updates, without a self-check and without an early stop. */
  public TrainSettings trial(long someUpdates) {
    return new TrainSettings(
        OptionalInt.empty(),
        OptionalLong.of(someUpdates),
        clipGlobalNorm,
        onNonFinite,
        SelfCheck.OFF,
        updater,
        StoppingSettings.NONE);
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

  /** Reports where the length of the run is given twice, or not at all. */
  static void read(Values values) {
    values.read(BLOCK);
    UpdaterSettings.read(values);
    StoppingSettings.read(values);
    if (values.isGiven(EPOCHS) && values.isGiven(UPDATES)) {
      values.wrongIfGiven(
          UPDATES,
          "contradicts train.epochs",
          "give one of them; --set train.epochs=null takes the other out of a file");
    } else if (!values.isGiven(EPOCHS) && !values.isGiven(UPDATES)) {
      values.missing(EPOCHS, "is missing", "train.epochs = N or train.updates = N");
    }
  }

  /** The settings, once nothing is known to be wrong. */
  static TrainSettings from(Values values) {
    return new TrainSettings(
        values.maybeInt(EPOCHS),
        values.maybeLong(UPDATES),
        values.maybeDouble(CLIP_GLOBAL_NORM),
        values.of(ON_NON_FINITE),
        values.of(SELF_CHECK),
        UpdaterSettings.isGiven(values)
            ? Optional.of(UpdaterSettings.from(values))
            : Optional.empty(),
        StoppingSettings.from(values));
  }
}

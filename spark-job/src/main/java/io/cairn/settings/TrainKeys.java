/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.number;
import static io.cairn.settings.Kind.whole;

import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.settings.TrainSettings.SelfCheck;

/**
 * The keys of {@code train}.
 *
 * <p>Threading: stateless.
 */
final class TrainKeys {

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
          .with(SELF_CHECK, TrainSettings::selfCheck);

  private TrainKeys() {}

  /** Reports where the length of the run is given twice, or not at all. */
  static void check(Values values) {
    values.read(BLOCK);
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
  static TrainSettings settings(Values values) {
    return new TrainSettings(
        values.maybeInt(EPOCHS),
        values.maybeLong(UPDATES),
        values.maybeDouble(CLIP_GLOBAL_NORM),
        values.of(ON_NON_FINITE),
        values.of(SELF_CHECK));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.duration;
import static io.cairn.settings.Kind.numberFrom;
import static io.cairn.settings.Kind.text;
import static io.cairn.settings.Kind.whole;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * When a run validates besides the ends of its epochs, and when it ends before its last update.
 *
 * @param validateEveryUpdates updates between two validations; at least 1; empty for none besides
 *     those at the end of an epoch
 * @param early when a run ends because validations get no better; empty for never
 * @param maxTime how long a run trains at most, over all of its attempts; empty for no limit
 */
public record StoppingSettings(
    OptionalLong validateEveryUpdates, Optional<EarlyStopping> early, Optional<Duration> maxTime) {
  private static final String VALIDATION = "data.validation";
  static final Key<Long> VALIDATE_EVERY_UPDATES =
      Key.of("train.validate-every-updates", whole(1, "updates")).onResume(Resume.MAY_CHANGE);
  static final Key<Duration> MAX_TIME =
      Key.of("train.max-time", duration(Duration.ofSeconds(1), Duration.ofDays(365)))
          .onResume(Resume.MAY_BE_LIFTED);
  static final Key<String> METRIC = Key.of("train.early-stopping.metric", text());
  static final Key<Integer> PATIENCE =
      Key.of("train.early-stopping.patience", count("validations"));
  static final Key<Double> MIN_DELTA =
      Key.of(
          "train.early-stopping.min-delta", numberFrom(0, Double.POSITIVE_INFINITY, "improvement"));

  /** Nothing of it is asked for. */
  public static final StoppingSettings NONE =
      new StoppingSettings(OptionalLong.empty(), Optional.empty(), Optional.empty());

  /**
   * When a run ends because validations get no better.
   *
   * @param metric of the validations, by its name there
   * @param patience validations without an improvement after which it ends, at least 1
   * @param minDelta what is no more than that is no improvement; at least 0
   */
  public record EarlyStopping(String metric, int patience, double minDelta) {
    /** What is watched where nobody says. */
    static final EarlyStopping USUAL = new EarlyStopping("loss", 5, 0);

    static final Block<EarlyStopping> BLOCK =
        Block.<EarlyStopping>named("train.early-stopping", Resume.MUST_STAY)
            .with(METRIC, EarlyStopping::metric)
            .with(PATIENCE, EarlyStopping::patience)
            .with(MIN_DELTA, EarlyStopping::minDelta);

    public EarlyStopping {
      Objects.requireNonNull(metric, "metric");
      PATIENCE.require(patience);
      if (!(minDelta >= 0)) {
        throw new IllegalArgumentException("min-delta must be at least 0, not " + minDelta);
      }
    }
  }

  static final Block<StoppingSettings> BLOCK =
      Block.<StoppingSettings>named("train", Resume.MUST_STAY)
          .maybeLong(VALIDATE_EVERY_UPDATES, StoppingSettings::validateEveryUpdates)
          .maybe(EarlyStopping.BLOCK, StoppingSettings::early)
          .maybe(MAX_TIME, StoppingSettings::maxTime);

  public StoppingSettings {
    Objects.requireNonNull(validateEveryUpdates, "validateEveryUpdates");
    Objects.requireNonNull(early, "early");
    Objects.requireNonNull(maxTime, "maxTime");
    validateEveryUpdates.ifPresent(VALIDATE_EVERY_UPDATES::require);
    maxTime.ifPresent(MAX_TIME::require);
  }

  /** Reports what is wrong. */
  static void read(Values values) {
    values.read(BLOCK);
    if (values.given(VALIDATION).isEmpty()) {
      String needed = VALIDATION + ".fraction = 0.1, or " + VALIDATION + " { path = ... }";
      values.wrongIfGiven(VALIDATE_EVERY_UPDATES, "there is nothing to validate on", needed);
      values.wrongIfGiven("train.early-stopping", "there is nothing to validate on", needed);
    }
  }

  private static boolean isEarlyGiven(Values values) {
    return EarlyStopping.BLOCK.keys().values().stream().anyMatch(values::isGiven);
  }

  /** The settings, once nothing is known to be wrong. */
  static StoppingSettings from(Values values) {
    EarlyStopping usual = EarlyStopping.USUAL;
    return new StoppingSettings(
        values.maybeLong(VALIDATE_EVERY_UPDATES),
        isEarlyGiven(values)
            ? Optional.of(
                new EarlyStopping(
                    values.maybe(METRIC).orElse(usual.metric()),
                    values.maybe(PATIENCE).orElse(usual.patience()),
                    values.maybe(MIN_DELTA).orElse(usual.minDelta())))
            : Optional.empty(),
        values.maybe(MAX_TIME));
  }
}

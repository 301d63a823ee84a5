/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.count;
import static io.cairn.settings.Kind.number;
import static io.cairn.settings.Kind.numberFrom;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * How a learning rate goes: an optional warm-up, then a decay. Times are updates or epochs.
 *
 * @param by what is counted
 * @param warmUp how many of them the rate rises for
 * @param decay the form of what follows
 * @param length from the run's first update to the decay's end; absent: to the run's end
 * @param end the share of the rate at the end; present where the form has an end
 * @param power of the polynomial; present for that
 * @param every how many make a step; present for steps
 * @param factor of each step; present for steps
 * @param peakAt the share of the length at which one cycle is highest; present for that
 * @param start the share of the rate that one cycle starts from; present for that
 */
public record ScheduleSettings(
    By by,
    int warmUp,
    Decay decay,
    OptionalInt length,
    OptionalDouble end,
    OptionalDouble power,
    OptionalInt every,
    OptionalDouble factor,
    OptionalDouble peakAt,
    OptionalDouble start) {

  private static final String PREFIX = "train.updater.schedule.";
  private static final double ONE_CYCLE_END = 4e-6;

  static final Key<By> BY = Key.of(PREFIX + "by", choice(By.class)).byDefault(By.UPDATES);
  static final Key<Integer> WARM_UP =
      Key.of(PREFIX + "warm-up", count(0, "updates or epochs")).byDefault(0);
  static final Key<Decay> DECAY =
      Key.of(PREFIX + "decay", choice(Decay.class)).byDefault(Decay.NONE);
  static final Key<Integer> LENGTH = Key.of(PREFIX + "length", count("updates or epochs"));
  static final Key<Double> END = Key.of(PREFIX + "end", numberFrom(0, 1, "share"));
  static final Key<Double> POWER =
      Key.of(PREFIX + "power", number(0, Double.POSITIVE_INFINITY, "power"));
  static final Key<Integer> EVERY = Key.of(PREFIX + "every", count("updates or epochs"));
  static final Key<Double> FACTOR = Key.of(PREFIX + "factor", number(0, 1, "factor"));
  static final Key<Double> PEAK_AT = Key.of(PREFIX + "peak-at", number(0, 1, "share"));
  static final Key<Double> START = Key.of(PREFIX + "start", number(0, 1, "share"));

  static final Block<ScheduleSettings> BLOCK =
      Block.<ScheduleSettings>named("train.updater.schedule", Resume.MUST_STAY)
          .with(BY, ScheduleSettings::by)
          .with(WARM_UP, ScheduleSettings::warmUp)
          .with(DECAY, ScheduleSettings::decay)
          .maybeInt(LENGTH, ScheduleSettings::length)
          .maybeDouble(END, ScheduleSettings::end)
          .maybeDouble(POWER, ScheduleSettings::power)
          .maybeInt(EVERY, ScheduleSettings::every)
          .maybeDouble(FACTOR, ScheduleSettings::factor)
          .maybeDouble(PEAK_AT, ScheduleSettings::peakAt)
          .maybeDouble(START, ScheduleSettings::start);

  private static final Set<Decay> WITH_END =
      EnumSet.of(Decay.LINEAR, Decay.COSINE, Decay.POLYNOMIAL, Decay.ONE_CYCLE);

  /** Which forms a key belongs to. */
  private static final Map<Key<?>, Set<Decay>> BELONGS_TO =
      Map.of(
          LENGTH, WITH_END,
          END, WITH_END,
          POWER, EnumSet.of(Decay.POLYNOMIAL),
          EVERY, EnumSet.of(Decay.STEP),
          FACTOR, EnumSet.of(Decay.STEP),
          PEAK_AT, EnumSet.of(Decay.ONE_CYCLE),
          START, EnumSet.of(Decay.ONE_CYCLE));

  /** What times are counted in. */
  public enum By {
    /** Optimizer steps. */
    UPDATES,
    /** Passes over the data: the rate stays through each of them. */
    EPOCHS
  }

  /** What a rate does after its warm-up. */
  public enum Decay {
    /** It stays. */
    NONE,
    /** It falls on a straight line. */
    LINEAR,
    /** It falls on half a cosine. */
    COSINE,
    /** It falls as a power of the time that is left. */
    POLYNOMIAL,
    /** It falls in steps. */
    STEP,
    /** It rises to its peak and falls, both on half a cosine. */
    ONE_CYCLE
  }

  public ScheduleSettings {
    Objects.requireNonNull(by, "by");
    Objects.requireNonNull(decay, "decay");
    WARM_UP.require(warmUp);
    length.ifPresent(LENGTH::require);
    if (end.isPresent() != WITH_END.contains(decay)
        || power.isPresent() != (decay == Decay.POLYNOMIAL)
        || every.isPresent() != (decay == Decay.STEP)
        || factor.isPresent() != (decay == Decay.STEP)
        || peakAt.isPresent() != (decay == Decay.ONE_CYCLE)
        || start.isPresent() != (decay == Decay.ONE_CYCLE)) {
      throw new IllegalArgumentException("not the numbers of a schedule of the form " + decay);
    }
  }

  /** Whether its end is the run's, so that a longer run would have another schedule. */
  public boolean endsWithTheRun() {
    return WITH_END.contains(decay) && length.isEmpty();
  }

  static boolean isGiven(Values values) {
    return BLOCK.keys().values().stream().anyMatch(values::isGiven);
  }

  static void read(Values values) {
    values.read(BLOCK);
    Decay decay = values.maybe(DECAY).orElse(Decay.NONE);
    BELONGS_TO.forEach(
        (key, forms) -> {
          if (!forms.contains(decay)) {
            List<String> words = forms.stream().map(Kind::word).sorted().toList();
            values.wrongIfGiven(
                key,
                "has no effect with decay = " + Kind.word(decay),
                "decay = " + String.join(" or ", words));
          }
        });
    if (decay == Decay.STEP && !values.isGiven(EVERY)) {
      values.missing(EVERY, "is missing", "after how many updates or epochs the rate falls");
    }
    int warmUp = values.maybe(WARM_UP).orElse(0);
    if (decay == Decay.ONE_CYCLE && warmUp > 0) {
      values.wrongIfGiven(WARM_UP, "has no place in one cycle, which rises by itself", "peak-at");
    }
    OptionalInt length = values.maybeInt(LENGTH);
    if (length.isPresent() && warmUp >= length.getAsInt()) {
      values.wrongIfGiven(
          LENGTH,
          "leaves no time after a warm-up of " + warmUp,
          "a length that contains the warm-up and the decay");
    }
  }

  /** Once nothing is known to be wrong. */
  static ScheduleSettings from(Values values) {
    Decay decay = values.of(DECAY);
    return new ScheduleSettings(
        values.of(BY),
        values.of(WARM_UP),
        decay,
        values.maybeInt(LENGTH),
        shape(values, END, decay, decay == Decay.ONE_CYCLE ? ONE_CYCLE_END : 0),
        shape(values, POWER, decay, 1),
        values.maybeInt(EVERY),
        shape(values, FACTOR, decay, 0.1),
        shape(values, PEAK_AT, decay, 0.3),
        shape(values, START, decay, 0.04));
  }

  private static OptionalDouble shape(
      Values values, Key<Double> key, Decay decay, double otherwise) {
    return BELONGS_TO.get(key).contains(decay)
        ? OptionalDouble.of(values.maybe(key).orElse(otherwise))
        : OptionalDouble.empty();
  }
}

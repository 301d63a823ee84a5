/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import io.cairn.settings.ScheduleSettings;
import io.cairn.settings.ScheduleSettings.By;
import io.cairn.settings.ScheduleSettings.Decay;
import java.util.Arrays;
import java.util.Objects;
import java.util.SortedMap;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A learning rate over time: a warm-up, then a decay, both shares of the highest rate, which may
 * change with the epoch. ND4J has no warm-up that a decay follows, no cosine, and its polynomial
 * grows.
 *
 * <p>The formulas are those of PyTorch's schedulers, with updates counted from 0: {@code LinearLR}
 * from {@code 1 / warm-up} on, {@code CosineAnnealingLR}, {@code PolynomialLR}, {@code StepLR} and
 * {@code OneCycleLR} (Smith and Topin 2018) with {@code cycle_momentum = False}.
 *
 * <p>Its numbers are {@link StrictMath}'s, so that they are the same on every machine.
 *
 * <p>Threading: not changed once its length is known, and then safe everywhere.
 */
@JsonAutoDetect(
    fieldVisibility = JsonAutoDetect.Visibility.ANY,
    getterVisibility = JsonAutoDetect.Visibility.NONE,
    isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public final class RateSchedule implements ISchedule {

  private static final long serialVersionUID = 1L;

  /** A length that is not known yet. */
  private static final int UNKNOWN = 0;

  private static final int[] NO_EPOCHS = {};
  private static final double[] NO_RATES = {};

  private final double rate;
  private final By by;
  private final int warmUp;
  private final Decay decay;
  private final double end;
  private final double power;
  private final int every;
  private final double factor;
  private final double peakAt;
  private final double start;
  private final int[] stageEpochs;
  private final double[] stageRates;
  private int length;

  @JsonCreator
  RateSchedule(
      @JsonProperty("rate") double rate,
      @JsonProperty("by") By by,
      @JsonProperty("warmUp") int warmUp,
      @JsonProperty("decay") Decay decay,
      @JsonProperty("end") double end,
      @JsonProperty("power") double power,
      @JsonProperty("every") int every,
      @JsonProperty("factor") double factor,
      @JsonProperty("peakAt") double peakAt,
      @JsonProperty("start") double start,
      @JsonProperty("stageEpochs") int[] stageEpochs,
      @JsonProperty("stageRates") double[] stageRates,
      @JsonProperty("length") int length) {
    this.rate = rate;
    this.by = by;
    this.warmUp = warmUp;
    this.decay = decay;
    this.end = end;
    this.power = power;
    this.every = every;
    this.factor = factor;
    this.peakAt = peakAt;
    this.start = start;
    this.stageEpochs = stageEpochs == null ? NO_EPOCHS : stageEpochs.clone();
    this.stageRates = stageRates == null ? NO_RATES : stageRates.clone();
    this.length = length;
    if (this.stageEpochs.length != this.stageRates.length) {
      throw new IllegalArgumentException("a rate for each stage");
    }
  }

  /** A rate that stays. */
  static RateSchedule constant(double rate) {
    return new RateSchedule(
        rate, By.UPDATES, 0, Decay.NONE, 0, 1, 1, 1, 0, 0, NO_EPOCHS, NO_RATES, UNKNOWN);
  }

  /**
   * A rate that goes as the settings say. Where they give no length, {@link #endsWith} must follow.
   *
   * @param rate the highest
   */
  static RateSchedule of(double rate, ScheduleSettings given) {
    return new RateSchedule(
        rate,
        given.by(),
        given.warmUp(),
        given.decay(),
        given.end().orElse(0),
        given.power().orElse(1),
        given.every().orElse(1),
        given.factor().orElse(1),
        given.peakAt().orElse(0),
        given.start().orElse(0),
        NO_EPOCHS,
        NO_RATES,
        given.length().orElse(UNKNOWN));
  }

  /**
   * The same with other highest rates from some epochs on, as larger batches want them.
   *
   * @param highest by the first epoch of each stage, counted from 0, without that of epoch 0
   */
  RateSchedule inStages(SortedMap<Integer, Double> highest) {
    return with(
        highest.keySet().stream().mapToInt(Integer::intValue).toArray(),
        highest.values().stream().mapToDouble(Double::doubleValue).toArray());
  }

  private RateSchedule with(int[] epochs, double[] rates) {
    return new RateSchedule(
        rate, by, warmUp, decay, end, power, every, factor, peakAt, start, epochs, rates, length);
  }

  /** Ends with the run, unless it has a length of its own. */
  void endsWith(long updates, long epochs) {
    if (length == UNKNOWN) {
      length = Math.toIntExact(by == By.UPDATES ? updates : epochs);
    }
  }

  /** The highest rate in the first epoch. */
  double rate() {
    return rate;
  }

  /** The highest rate in an epoch, counted from 0. */
  private double rate(int epoch) {
    double inForce = rate;
    for (int i = 0; i < stageEpochs.length && stageEpochs[i] <= epoch; i++) {
      inForce = stageRates[i];
    }
    return inForce;
  }

  /** The highest rates, for a person. */
  String highest() {
    StringBuilder text = new StringBuilder(Double.toString(rate));
    for (int i = 0; i < stageEpochs.length; i++) {
      text.append(" (from epoch ").append(stageEpochs[i] + 1).append(" on ");
      text.append(stageRates[i]).append(')');
    }
    return text.toString();
  }

  /** Whether the highest rate is another in some epochs. */
  boolean hasStages() {
    return stageEpochs.length > 0;
  }

  /** The first epoch of the last stage, counted from 0; 0 if there is but one. */
  int lastStage() {
    return hasStages() ? stageEpochs[stageEpochs.length - 1] : 0;
  }

  /** Whether the rate never changes. */
  boolean isConstant() {
    return isFlat() && !hasStages();
  }

  /** Whether there is neither warm-up nor decay. */
  boolean isFlat() {
    return decay == Decay.NONE && warmUp == 0;
  }

  /** Whether it is {@code rate * factor^floor(i / every)} and nothing else. */
  boolean isStepsAlone() {
    return decay == Decay.STEP && warmUp == 0 && !hasStages();
  }

  /** What its times are counted in. */
  ScheduleType type() {
    return by == By.EPOCHS || isFlat() ? ScheduleType.EPOCH : ScheduleType.ITERATION;
  }

  int every() {
    return every;
  }

  double factor() {
    return factor;
  }

  /** From when on warm-up and decay are over, in updates or epochs; -1 if that never comes. */
  int constantFrom() {
    return switch (decay) {
      case NONE -> warmUp;
      case STEP -> -1;
      case LINEAR, COSINE, POLYNOMIAL, ONE_CYCLE -> known();
    };
  }

  /** From the first update on. */
  private int known() {
    if (length == UNKNOWN) {
      throw new IllegalStateException("nobody has said how long the run is");
    }
    return length;
  }

  /** Updates or epochs that it rises for. */
  int warmUp() {
    return warmUp;
  }

  /** Whether a decay that ends comes after the warm-up. */
  boolean hasEnd() {
    return decay != Decay.NONE && decay != Decay.STEP;
  }

  @Override
  public double valueAt(int iteration, int epoch) {
    return rate(epoch) * share(by == By.UPDATES ? iteration : epoch);
  }

  private double share(int at) {
    if (decay == Decay.ONE_CYCLE) {
      return oneCycle(at);
    }
    if (at < warmUp) {
      return (at + 1.0) / warmUp;
    }
    return switch (decay) {
      case NONE -> 1;
      case STEP -> StrictMath.pow(factor, Math.floorDiv(at - warmUp, every));
      case LINEAR -> 1 - (1 - end) * passed(at);
      case COSINE -> end + (1 - end) * 0.5 * (1 + StrictMath.cos(Math.PI * passed(at)));
      case POLYNOMIAL -> end + (1 - end) * StrictMath.pow(1 - passed(at), power);
      case ONE_CYCLE -> throw new IllegalStateException("has no warm-up");
    };
  }

  /** Which share of the decay is over. */
  private double passed(int at) {
    return Math.min(1, (at - warmUp) / (double) Math.max(1, known() - warmUp));
  }

  private double oneCycle(int at) {
    double last = Math.max(1, known() - 1);
    double peak = Math.max(0, peakAt * known() - 1);
    double now = Math.min(at, last);
    return now <= peak && peak > 0
        ? annealed(start, 1, now / peak)
        : annealed(1, end, (now - peak) / (last - peak));
  }

  private static double annealed(double from, double to, double share) {
    return to + (from - to) / 2 * (1 + StrictMath.cos(Math.PI * share));
  }

  @Override
  @SuppressWarnings("MethodDoesntCallSuperMethod")
  public RateSchedule clone() {
    return with(stageEpochs, stageRates);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RateSchedule that
        && rate == that.rate
        && by == that.by
        && warmUp == that.warmUp
        && decay == that.decay
        && end == that.end
        && power == that.power
        && every == that.every
        && factor == that.factor
        && peakAt == that.peakAt
        && start == that.start
        && Arrays.equals(stageEpochs, that.stageEpochs)
        && Arrays.equals(stageRates, that.stageRates)
        && length == that.length;
  }

  @Override
  public int hashCode() {
    return Objects.hash(rate, by, warmUp, decay, length);
  }
}

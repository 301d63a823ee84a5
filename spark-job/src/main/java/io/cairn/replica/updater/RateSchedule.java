/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import io.cairn.settings.ScheduleSettings;
import io.cairn.settings.ScheduleSettings.By;
import io.cairn.settings.ScheduleSettings.Decay;
import java.util.Objects;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A learning rate over time: a warm-up, then a decay. ND4J has no warm-up that a decay follows, no
 * cosine, and its polynomial grows.
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
    this.length = length;
  }

  /** A rate that stays. */
  static RateSchedule constant(double rate) {
    return new RateSchedule(rate, By.UPDATES, 0, Decay.NONE, 0, 1, 1, 1, 0, 0, UNKNOWN);
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
        given.length().orElse(UNKNOWN));
  }

  /** Ends with the run, unless it has a length of its own. */
  void endsWith(long updates, long epochs) {
    if (length == UNKNOWN) {
      length = Math.toIntExact(by == By.UPDATES ? updates : epochs);
    }
  }

  /** The highest rate. */
  double rate() {
    return rate;
  }

  /** Whether the rate never changes. */
  boolean isConstant() {
    return decay == Decay.NONE && warmUp == 0;
  }

  /** Whether it is {@code rate * factor^floor(i / every)} and nothing else. */
  boolean isStepsAlone() {
    return decay == Decay.STEP && warmUp == 0;
  }

  /** What its times are counted in. */
  ScheduleType type() {
    return by == By.UPDATES ? ScheduleType.ITERATION : ScheduleType.EPOCH;
  }

  int every() {
    return every;
  }

  double factor() {
    return factor;
  }

  /** From when on the rate stays for good, in updates or epochs; -1 if that never comes. */
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
    return rate * share(by == By.UPDATES ? iteration : epoch);
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
    return new RateSchedule(
        rate, by, warmUp, decay, end, power, every, factor, peakAt, start, length);
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
        && length == that.length;
  }

  @Override
  public int hashCode() {
    return Objects.hash(rate, by, warmUp, decay, length);
  }
}

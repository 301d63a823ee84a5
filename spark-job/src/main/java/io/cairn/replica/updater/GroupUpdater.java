/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import io.cairn.settings.UpdaterType;
import io.cairn.settings.UpdaterType.Hyperparameter;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The optimizer of a group of parameters, as a layer's configuration holds it. ND4J's updater, or
 * {@link PaperAdam}, makes the step, block by block; {@link GroupSteps} finishes it with weight
 * decay and trust ratios.
 *
 * <p>It travels to the workers in the configuration's JSON. Files for others hold {@link #plain} in
 * its place.
 *
 * <p>Threading: immutable but for the length of its schedule.
 */
public final class GroupUpdater implements IUpdater {

  private static final long serialVersionUID = 1L;

  private final String group;
  private final UpdaterType type;
  private final Map<Hyperparameter, Double> numbers;
  private final RateSchedule rate;
  private final Double weightDecay;

  /**
   * @param group what metrics call it
   * @param numbers all that the type has
   * @param rate of the step; of 1 where the type has none
   * @param weightDecay null to leave the layers' own in force
   */
  @JsonCreator
  GroupUpdater(
      @JsonProperty("group") String group,
      @JsonProperty("type") UpdaterType type,
      @JsonProperty("numbers") Map<Hyperparameter, Double> numbers,
      @JsonProperty("rate") RateSchedule rate,
      @JsonProperty("weightDecay") Double weightDecay) {
    this.group = group;
    this.type = type;
    this.numbers = new TreeMap<>(numbers);
    this.rate = rate;
    this.weightDecay = weightDecay;
  }

  /** What metrics call it. */
  public String group() {
    return group;
  }

  /** Its learning rate over time. */
  RateSchedule rate() {
    return rate;
  }

  /** Whether it has a weight decay, be it of 0, in place of the layers' own. */
  public boolean ownsWeightDecay() {
    return weightDecay != null;
  }

  /** 0 if it has none. */
  public double weightDecay() {
    return weightDecay == null ? 0 : weightDecay;
  }

  /** Whether the step of each parameter array is scaled by a trust ratio. */
  boolean hasTrustRatio() {
    return type == UpdaterType.LAMB;
  }

  /** Whether its step is Adam's as its authors write it. */
  boolean isPaperAdam() {
    return type == UpdaterType.LAMB || type == UpdaterType.ADAM_W;
  }

  /** What makes the step, before {@link GroupSteps}. */
  private IUpdater rule() {
    return switch (type) {
      case ADAM_W -> paperAdam(rate);
      // Of the direction alone: decay and trust ratio come before the rate.
      case LAMB -> paperAdam(RateSchedule.constant(1));
      default -> nd4j(rate.isConstant() ? null : rate);
    };
  }

  private PaperAdam paperAdam(RateSchedule step) {
    return new PaperAdam(
        step,
        number(Hyperparameter.BETA1),
        number(Hyperparameter.BETA2),
        number(Hyperparameter.EPSILON));
  }

  /**
   * The nearest that ND4J has, with a state of the same form.
   *
   * @param iteration when it is to go on, for a rate that ND4J cannot say
   */
  public IUpdater plain(int iteration, int epoch) {
    return nd4j(PlainSchedule.of(rate, iteration, epoch));
  }

  /**
   * @param schedule null for the rate that stays
   */
  private IUpdater nd4j(ISchedule schedule) {
    IUpdater updater =
        switch (type) {
          case SGD -> new Sgd(rate.rate());
          case NESTEROVS -> new Nesterovs(rate.rate(), number(Hyperparameter.MOMENTUM));
          case ADAM, ADAM_W, LAMB ->
              new Adam(
                  rate.rate(),
                  number(Hyperparameter.BETA1),
                  number(Hyperparameter.BETA2),
                  number(Hyperparameter.EPSILON));
          case ADA_MAX ->
              new AdaMax(
                  rate.rate(),
                  number(Hyperparameter.BETA1),
                  number(Hyperparameter.BETA2),
                  number(Hyperparameter.EPSILON));
          case NADAM ->
              new Nadam(
                  rate.rate(),
                  number(Hyperparameter.BETA1),
                  number(Hyperparameter.BETA2),
                  number(Hyperparameter.EPSILON));
          case AMS_GRAD ->
              new AMSGrad(
                  rate.rate(),
                  number(Hyperparameter.BETA1),
                  number(Hyperparameter.BETA2),
                  number(Hyperparameter.EPSILON));
          case ADA_GRAD -> new AdaGrad(rate.rate(), number(Hyperparameter.EPSILON));
          case ADA_DELTA ->
              new AdaDelta(number(Hyperparameter.RHO), number(Hyperparameter.EPSILON));
          case RMS_PROP ->
              new RmsProp(
                  rate.rate(), number(Hyperparameter.RMS_DECAY), number(Hyperparameter.EPSILON));
          case NO_OP -> new NoOp();
        };
    if (schedule != null && updater.hasLearningRate()) {
      updater.setLrAndSchedule(Double.NaN, schedule);
    }
    return updater;
  }

  private double number(Hyperparameter number) {
    return numbers.get(number);
  }

  @Override
  public long stateSize(long parameters) {
    return rule().stateSize(parameters);
  }

  @Override
  public GradientUpdater<?> instantiate(INDArray state, boolean initialize) {
    return rule().instantiate(state, initialize);
  }

  @Override
  public GradientUpdater<?> instantiate(Map<String, INDArray> state, boolean initialize) {
    return rule().instantiate(state, initialize);
  }

  @Override
  @SuppressWarnings("MethodDoesntCallSuperMethod")
  public GroupUpdater clone() {
    return new GroupUpdater(group, type, numbers, rate.clone(), weightDecay);
  }

  @Override
  public double getLearningRate(int iteration, int epoch) {
    return type.hasLearningRate() ? rate.valueAt(iteration, epoch) : Double.NaN;
  }

  @Override
  public boolean hasLearningRate() {
    return type.hasLearningRate();
  }

  @Override
  public void setLrAndSchedule(double learningRate, ISchedule schedule) {
    throw new UnsupportedOperationException("its rate is the settings'");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GroupUpdater that
        && group.equals(that.group)
        && type == that.type
        && numbers.equals(that.numbers)
        && rate.equals(that.rate)
        && Objects.equals(weightDecay, that.weightDecay);
  }

  @Override
  public int hashCode() {
    return Objects.hash(group, type, weightDecay);
  }
}

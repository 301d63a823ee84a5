/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The optimizers that {@code train.updater} knows, each with the numbers that it has and their
 * defaults. All but the last two are ND4J's, with ND4J's defaults. Its AdaBelief is not among them:
 * in 1.0.0-M2.1 Deeplearning4j cannot make one.
 */
public enum UpdaterType {
  /** Plain gradient descent. */
  SGD(Rate.GIVEN),
  /** Gradient descent with Nesterov's momentum. */
  NESTEROVS(Rate.GIVEN, Map.of(Hyperparameter.MOMENTUM, 0.9)),
  /** Adam, with epsilon added before the second moment's bias is corrected, as ND4J does. */
  ADAM(Rate.GIVEN, moments(1e-8)),
  /** Adam with the largest gradient in place of the second moment. */
  ADA_MAX(Rate.GIVEN, moments(1e-8)),
  /** Adam with Nesterov's momentum. */
  NADAM(Rate.GIVEN, moments(1e-8)),
  /** Adam with the largest second moment so far. */
  AMS_GRAD(Rate.GIVEN, moments(1e-8)),
  /** Rates that fall with the sum of squared gradients. */
  ADA_GRAD(Rate.GIVEN, Map.of(Hyperparameter.EPSILON, 1e-6)),
  /** Rates from moving averages of squared gradients and updates. */
  ADA_DELTA(Rate.NONE, Map.of(Hyperparameter.RHO, 0.95, Hyperparameter.EPSILON, 1e-6)),
  /** Rates from a moving average of squared gradients. */
  RMS_PROP(Rate.GIVEN, Map.of(Hyperparameter.RMS_DECAY, 0.95, Hyperparameter.EPSILON, 1e-8)),
  /** The mean gradient is subtracted as it is. */
  NO_OP(Rate.NONE),
  /** Adam as its authors write it, with decoupled weight decay (Loshchilov and Hutter 2019). */
  ADAM_W(Rate.GIVEN, moments(1e-8), OptionalDouble.of(0.01)),
  /** Adam's step times a trust ratio for each parameter array (You et al. 2020). */
  LAMB(Rate.GIVEN, moments(1e-6), OptionalDouble.of(0.01));

  /** A number that an optimizer may have besides its learning rate. */
  public enum Hyperparameter {
    /** Share of the last step that enters the next one. */
    MOMENTUM,
    /** Decay of the mean of gradients. */
    BETA1,
    /** Decay of the mean of squared gradients. */
    BETA2,
    /** What keeps a division from being one by zero. */
    EPSILON,
    /** Decay of the mean of squared gradients of RMSProp. */
    RMS_DECAY,
    /** Decay of the means of AdaDelta. */
    RHO
  }

  private enum Rate {
    GIVEN,
    NONE
  }

  private final Rate rate;
  private final Map<Hyperparameter, Double> defaults;
  private final OptionalDouble weightDecay;

  UpdaterType(Rate rate) {
    this(rate, Map.of());
  }

  UpdaterType(Rate rate, Map<Hyperparameter, Double> defaults) {
    this(rate, defaults, OptionalDouble.empty());
  }

  UpdaterType(Rate rate, Map<Hyperparameter, Double> defaults, OptionalDouble weightDecay) {
    this.rate = rate;
    this.defaults = defaults;
    this.weightDecay = weightDecay;
  }

  private static Map<Hyperparameter, Double> moments(double epsilon) {
    return Map.of(
        Hyperparameter.BETA1, 0.9, Hyperparameter.BETA2, 0.999, Hyperparameter.EPSILON, epsilon);
  }

  /** Whether it has a learning rate. */
  public boolean hasLearningRate() {
    return rate == Rate.GIVEN;
  }

  /** The numbers that it has, with their defaults, in an order that is always the same. */
  public SortedMap<Hyperparameter, Double> defaults() {
    return new TreeMap<>(defaults);
  }

  /** The default of one; empty if it has no such number. */
  public OptionalDouble byDefault(Hyperparameter number) {
    Double value = defaults.get(number);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  /** The weight decay where none is given; empty if the model's own then stays. */
  public OptionalDouble defaultWeightDecay() {
    return weightDecay;
  }

  /** The word that stands for it in the settings. */
  public String word() {
    return Kind.word(this);
  }
}

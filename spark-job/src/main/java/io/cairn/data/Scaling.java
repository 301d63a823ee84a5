/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * What is done to the input values before training: {@code (x - shift) * factor}, with a shift and
 * a factor for each channel of each input.
 *
 * <p>It computes the same as DL4J's normalizers (NormalizerStandardize with the population's
 * standard deviation, NormalizerMinMaxScaler to [0, 1]), so that it can be stored with the model as
 * one of them. A channel that is constant is shifted but not stretched.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param method the kind of scaling
 * @param factor of {@link Method#FACTOR}: what every value is multiplied by; else 1
 * @param inputs of a fitted method: the statistics of each input in the model's order; else empty
 */
public record Scaling(Method method, double factor, List<Statistics> inputs)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Deeplearning4j's normalizers take a smaller spread for 0 ({@code Nd4j.EPS_THRESHOLD}), so that
   * none of them can hold it.
   */
  private static final double LEAST_SPREAD = 1e-5;

  /** The kinds of scaling. */
  public enum Method {
    /** Values as they are. */
    NONE,
    /** To mean 0 and standard deviation 1. */
    STANDARD,
    /** To the range [0, 1]. */
    MIN_MAX,
    /** Times one factor. */
    FACTOR,
    /**
     * As what came with the model says: {@code (x - mean) / standardDeviation}, whatever the two
     * were made of.
     */
    STORED
  }

  /**
   * One input's statistics over the training examples; each list holds one value a channel (see
   * {@link Field#channels()}), of a sequence over the steps that exist.
   *
   * @param mean the mean
   * @param standardDeviation of the population (divided by n); 0 of a constant channel
   * @param min the smallest value
   * @param max the largest value
   */
  public record Statistics(
      List<Double> mean, List<Double> standardDeviation, List<Double> min, List<Double> max)
      implements Serializable {
    private static final long serialVersionUID = 1L;

    public Statistics {
      mean = List.copyOf(mean);
      standardDeviation = List.copyOf(standardDeviation);
      min = List.copyOf(min);
      max = List.copyOf(max);
      int channels = mean.size();
      if (standardDeviation.size() != channels
          || min.size() != channels
          || max.size() != channels) {
        throw new IllegalArgumentException("every statistic has one value a channel");
      }
    }

    /** How many channels the input has. */
    public int channels() {
      return mean.size();
    }
  }

  public Scaling {
    Objects.requireNonNull(method, "method");
    inputs = List.copyOf(inputs);
    if (!Double.isFinite(factor) || factor == 0) {
      throw new IllegalArgumentException("a scaling's factor is finite and not 0, not " + factor);
    }
    boolean fitted = method != Method.NONE && method != Method.FACTOR;
    if (fitted == inputs.isEmpty()) {
      throw new IllegalArgumentException(
          method + " has statistics of " + inputs.size() + " inputs");
    }
  }

  /** Values as they are. */
  public static Scaling none() {
    return new Scaling(Method.NONE, 1, List.of());
  }

  /** Every value times {@code factor}. */
  public static Scaling times(double factor) {
    return new Scaling(Method.FACTOR, factor, List.of());
  }

  /** A scaling that came with the model. */
  public static Scaling stored(List<ModelScaling.Channels> inputs) {
    return new Scaling(
        Method.STORED,
        1,
        inputs.stream()
            .map(c -> new Statistics(c.shift(), c.spread(), c.shift(), c.shift()))
            .toList());
  }

  /** A scaling by statistics. */
  public static Scaling fitted(Method method, List<Statistics> inputs) {
    return new Scaling(method, 1, inputs);
  }

  /** What is subtracted from the values of a channel. */
  public double shift(int input, int channel) {
    return switch (method) {
      case NONE, FACTOR -> 0;
      case STANDARD, STORED -> inputs.get(input).mean().get(channel);
      case MIN_MAX -> inputs.get(input).min().get(channel);
    };
  }

  /** What the shifted values of a channel are multiplied by. */
  public double factor(int input, int channel) {
    return switch (method) {
      case NONE, FACTOR -> factor;
      case STANDARD, STORED -> inverse(inputs.get(input).standardDeviation().get(channel));
      case MIN_MAX ->
          inverse(inputs.get(input).max().get(channel) - inputs.get(input).min().get(channel));
    };
  }

  /**
   * Whether one of Deeplearning4j's normalizers, stored with the model, does the same to a channel.
   */
  public boolean isStorable(int input, int channel) {
    return method == Method.STORED || Math.abs(factor(input, channel)) * LEAST_SPREAD <= 1;
  }

  private static double inverse(double spread) {
    return spread == 0 ? 1 : 1 / spread;
  }
}

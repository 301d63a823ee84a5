/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.Locale;

/**
 * The gradient noise scale of a run: the batch, in examples, at which noise and signal in the
 * gradient are alike (McCandlish et al., 2018). With far smaller batches an update that is twice as
 * large saves nearly half of the updates; with far larger ones it saves hardly any.
 *
 * <p>As the paper does, it smooths the two estimates before it divides them, each by an exponential
 * moving average: a quotient of single estimates would be biased.
 *
 * <p>Threading: one thread.
 */
public final class NoiseScale {

  /** Weight of what was before: about the last twenty samples count. */
  private static final double DECAY = 0.95;

  /** Fewer samples are too few to advise anybody. */
  public static final int LEAST_SAMPLES = 5;

  /** From this ratio of scale and batch on, another batch is worth a word. */
  private static final double MUCH = 2;

  private double gradientSquared;
  private double variance;

  /**
   * A sample with what all so far come to.
   *
   * @param scale examples; NaN as long as the gradient's length is lost in its noise
   * @param sample what it was computed from last
   */
  public record Smoothed(double scale, NoiseSample sample) {}

  /** Takes a sample. */
  public Smoothed take(NoiseSample sample) {
    gradientSquared = DECAY * gradientSquared + (1 - DECAY) * sample.gradientSquared();
    variance = DECAY * variance + (1 - DECAY) * sample.variance();
    return new Smoothed(scale(), sample);
  }

  private double scale() {
    return gradientSquared > 0 ? Math.max(0, variance) / gradientSquared : Double.NaN;
  }

  /**
   * In a sentence, what it says about an effective batch. By the paper's equation 2.7, training
   * with batches of B examples to a loss takes {@code S (1 + scale / B)} updates, for some S.
   *
   * @param scale examples; NaN if it could not be measured for noise
   * @param effective examples of the batch that was used
   */
  public static String advice(double scale, long effective) {
    if (!Double.isFinite(scale)) {
      return String.format(
          Locale.ROOT,
          "the gradient is lost in its noise: a larger effective batch than %,d would pay",
          effective);
    }
    String measured =
        String.format(
            Locale.ROOT, "noise scale: %,.0f examples, effective batch: %,d: ", scale, effective);
    double ratio = scale / effective;
    if (ratio > MUCH) {
      return measured
          + "a larger one would still pay; twice as large, about %.0f %% fewer updates and %.0f %% more examples"
              .formatted(100 * ratio / 2 / (1 + ratio), 100 / (1 + ratio));
    }
    if (ratio < 1 / MUCH) {
      return measured
          + "a smaller one would have done; half as large, about %.0f %% fewer examples and %.0f %% more updates"
              .formatted(50 / (1 + ratio), 100 * ratio / (1 + ratio));
    }
    return measured + "it is about as large as pays";
  }
}

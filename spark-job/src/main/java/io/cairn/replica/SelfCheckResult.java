/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Objects;

/**
 * The result of a {@link SelfCheck} on one rank, in numbers.
 *
 * <p>Threading: immutable.
 *
 * @param float64 the gradient as the run computes it, against float64 without helpers
 * @param sums the gradient of two parts, added up, against that of the whole
 */
public record SelfCheckResult(Comparison float64, Comparison sums) {

  public SelfCheckResult {
    Objects.requireNonNull(float64, "float64");
    Objects.requireNonNull(sums, "sums");
  }

  /** What became of a comparison. */
  public enum State {
    /** Both gradients are the same but for rounding. */
    AGREES,
    /** They are not: the model would be trained wrongly. */
    DIFFERS,
    /** They are not, in values so small that rounding may be the reason. */
    TOO_SMALL,
    /** A layer draws random numbers that cannot be left out. */
    NOISE,
    /** Values overflow, or are not numbers, by the model's own arithmetic. */
    NOT_FINITE,
    /** A layer cannot compute in float64. */
    NO_FLOAT64,
    /** The time did not allow it. */
    NO_TIME,
    /** The memory did not allow it. */
    NO_MEMORY,
    /** The rank has no examples. */
    NO_EXAMPLES
  }

  /** What is at the bottom of a difference, as far as it was found out. */
  public enum Cause {
    /** Nothing more is known. */
    UNKNOWN,
    /** Without Deeplearning4j's fast helpers there is no difference. */
    HELPERS
  }

  /** Why fewer examples were compared than there are for it. */
  public enum Limit {
    /** All were compared. */
    NONE,
    /** More would have taken too long. */
    TIME,
    /** More did not fit in memory. */
    MEMORY
  }

  /**
   * One comparison. Where there was none, numbers are 0.
   *
   * @param state what became of it
   * @param examples how many were compared
   * @param gap the largest difference of a parameter's gradient, as a share of its layer's
   * @param place number of the parameter that differs, in the order of {@link
   *     ReplicaTrials#parameterPlaces}
   * @param found norm of that parameter's gradient as computed: by the run, or summed over parts
   * @param expected norm of what it should be: in float64, or over the whole
   * @param cause of a difference
   * @param limit why the examples are so few
   */
  public record Comparison(
      State state,
      int examples,
      double gap,
      int place,
      double found,
      double expected,
      Cause cause,
      Limit limit) {

    public Comparison {
      Objects.requireNonNull(state, "state");
      Objects.requireNonNull(cause, "cause");
      Objects.requireNonNull(limit, "limit");
    }

    /** The same on fewer examples than there are, for a reason. */
    Comparison limitedBy(Limit reason) {
      return new Comparison(state, examples, gap, place, found, expected, cause, reason);
    }

    static Comparison none(State state) {
      return new Comparison(state, 0, 0, 0, 0, 0, Cause.UNKNOWN, Limit.NONE);
    }
  }

  /** Nothing compared, for one reason. */
  public static SelfCheckResult none(State state) {
    return new SelfCheckResult(Comparison.none(state), Comparison.none(state));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.schedules;

import java.util.Arrays;
import java.util.Optional;

/**
 * The phases of a sum. The phase of a message decides what becomes of the numbers that it brings.
 */
public enum Phase {
  /** Ring: partial sums travel to where they become complete. */
  REDUCE_SCATTER(1, "reduce-scatter", Combine.ADD),
  /** Ring: complete parts go round. */
  ALL_GATHER(2, "all-gather", Combine.REPLACE),
  /** Doubling: a rank beyond the power of two hands its numbers to one within. */
  FOLD(3, "fold", Combine.ADD),
  /** Doubling: two ranks give each other what they have. */
  DOUBLING(4, "doubling", Combine.ADD),
  /** Doubling: a rank beyond the power of two gets the result. */
  UNFOLD(5, "unfold", Combine.REPLACE);

  private final int code;
  private final String words;
  private final Combine combine;

  /** What is done with numbers that have arrived. */
  public enum Combine {
    /** They are added to those in the buffer. */
    ADD,
    /** They take the place of those in the buffer. */
    REPLACE
  }

  Phase(int code, String words, Combine combine) {
    this.code = code;
    this.words = words;
    this.combine = combine;
  }

  /** What stands for it in a message. */
  public int code() {
    return code;
  }

  /** What is done with the numbers of its messages. */
  public Combine combine() {
    return combine;
  }

  /** For a person. */
  public String words() {
    return words;
  }

  /** For a person; codes that stand for nothing included. */
  public static String describe(int code) {
    Optional<Phase> phase = Arrays.stream(values()).filter(p -> p.code == code).findFirst();
    return phase.map(known -> known.words).orElse("phase " + code);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

/**
 * How the numbers of a section travel. Where they are rounded, each rank keeps the rounding errors
 * that it made and adds them to its numbers of the next sum. That is called error feedback. See
 * Seide, Fu, Droppo, Li and Yu, "1-bit stochastic gradient descent and its application to
 * data-parallel distributed training of speech DNNs", 2014.
 */
public enum Precision {
  /** As they are. Rounding errors of other sums are left alone. */
  EXACT(0),
  /**
   * Where the sum goes round the ring, as bf16: rounded to the nearest, to even in the middle,
   * before each hop, and added as float32. Earlier rounding errors are part of the sum, and new
   * ones take their place. FLOAT32 only.
   */
  BF16(1),
  /** As they are, with the rounding errors of earlier sums; none are left. FLOAT32 only. */
  SETTLED(2);

  private final int code;

  Precision(int code) {
    this.code = code;
  }

  /** What stands for it in a layout's digest. */
  int code() {
    return code;
  }
}

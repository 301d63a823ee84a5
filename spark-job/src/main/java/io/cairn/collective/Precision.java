/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

/**
 * How a section's numbers travel, and what becomes of what rounding leaves over: its residuals. A
 * group keeps those of each rank, from one sum to the next, so that what is left over now is part
 * of a later sum. See Seide, Fu, Droppo, Li and Yu, "1-bit stochastic gradient descent and its
 * application to data-parallel distributed training of speech DNNs", 2014.
 */
public enum Precision {
  /** As they are. Residuals of other sums are left alone. */
  EXACT(0),
  /**
   * Where the sum goes round the ring, as bf16: rounded to the nearest, to even in the middle,
   * before each hop, and added as float32. Residuals are part of the sum and replaced by new ones.
   * FLOAT32 only.
   */
  BF16(1),
  /** As they are, with the residuals of earlier sums; none are left. FLOAT32 only. */
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

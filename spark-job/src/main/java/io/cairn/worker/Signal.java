/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

/**
 * What a rank tells all others in the all-reduce of an update, so that all do the same about it
 * before anything is applied.
 */
enum Signal {
  /**
   * A micro-batch did not fit in memory here: the update has to be done again with smaller ones.
   */
  OUT_OF_MEMORY;

  /** This signal among others in one number. */
  long bit() {
    return 1L << ordinal();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

/** Why a rank votes for ending the training after the current update. */
enum StopVote {
  /** It does not. */
  NONE(0),
  /** The driver has asked: rank 0 speaks for it. */
  DRIVER(1),
  /** The rank's own process was told to end. */
  PROCESS(2),
  /** The run has trained as long as it may: rank 0, whose clock counts, says so. */
  TIME(3);

  private final long code;

  StopVote(long code) {
    this.code = code;
  }

  /** What stands for it among a step's counts; 0 for none. */
  long code() {
    return code;
  }

  static StopVote of(long code) {
    for (StopVote wish : values()) {
      if (wish.code == code) {
        return wish;
      }
    }
    throw new IllegalStateException("a rank votes " + code + ", which nobody knows");
  }
}

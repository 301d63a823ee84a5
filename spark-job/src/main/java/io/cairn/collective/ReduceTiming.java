/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

/**
 * Says where the time of one all-reduce went.
 *
 * @param waitNanos until the first message of this update arrived; its sender was not there before
 * @param transferNanos the rest: moving and adding
 */
public record ReduceTiming(long waitNanos, long transferNanos) {

  /** No time at all: what one rank alone needs. */
  public static final ReduceTiming NONE = new ReduceTiming(0, 0);

  public ReduceTiming {
    if (waitNanos < 0 || transferNanos < 0) {
      throw new IllegalArgumentException(
          "times are not negative: wait " + waitNanos + " ns, transfer " + transferNanos + " ns");
    }
  }
}

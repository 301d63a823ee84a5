/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

import io.cairn.collective.schedules.AlgorithmChoice;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What a group needs to know besides its link.
 *
 * @param groupId a random number that names the group in every message
 * @param worldSize ranks in the group, at least 2
 * @param position of this rank among them, from 0, in whatever order the ranks are
 * @param segmentBytes longest message, a multiple of 8; shorter ones overlap better, longer ones
 *     cost less
 * @param progressTimeout longest time without a byte from a rank that is waited for
 * @param choice which algorithm a sum takes; the same on all ranks
 * @param cancelled polled several times a second while a sum is under way
 * @param nanoClock {@link System#nanoTime} or a test's
 */
public record GroupOptions(
    long groupId,
    int worldSize,
    int position,
    int segmentBytes,
    Duration progressTimeout,
    AlgorithmChoice choice,
    BooleanSupplier cancelled,
    LongSupplier nanoClock) {

  /**
   * A segment that stays in a core's second-level cache between receiving, checking and adding.
   * Shorter ones cost more calls of the system, and more waking up: 128 KiB a seventh of the time.
   */
  public static final int DEFAULT_SEGMENT_BYTES = 256 * 1024;

  public GroupOptions {
    if (worldSize < 2) {
      throw new IllegalArgumentException("a group has at least 2 ranks, not " + worldSize);
    }
    if (position < 0 || position >= worldSize) {
      throw new IllegalArgumentException(
          "position " + position + " is none of a group of " + worldSize);
    }
    if (segmentBytes < 8 || segmentBytes % 8 != 0) {
      throw new IllegalArgumentException(
          "segmentBytes must be a positive multiple of 8, not " + segmentBytes);
    }
    if (progressTimeout.isNegative() || progressTimeout.isZero()) {
      throw new IllegalArgumentException(
          "progressTimeout must be longer than zero, not " + progressTimeout);
    }
  }
}

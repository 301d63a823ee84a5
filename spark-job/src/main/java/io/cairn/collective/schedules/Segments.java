/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.schedules;

/**
 * Decides into how many segments a schedule cuts what a rank sends in one round. A segment can be
 * added and passed on while the next one is still on its way. So two segments take less time than
 * one, unless they are so short that the second message costs more than that saves.
 *
 * <p>Threading: stateless.
 */
public final class Segments {

  /** A round is cut in two if it has at least this part of the longest segment. */
  private static final int SHORTEST_TO_CUT = 2;

  private Segments() {}

  /**
   * How many segments there are.
   *
   * @param roundBytes what a rank sends in one round
   * @param segmentBytes of the longest segment
   */
  public static int count(long roundBytes, int segmentBytes) {
    long needed = Math.floorDiv(roundBytes + segmentBytes - 1, segmentBytes);
    int least = roundBytes >= segmentBytes / SHORTEST_TO_CUT ? 2 : 1;
    return Math.toIntExact(Math.max(least, needed));
  }
}

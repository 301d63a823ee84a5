/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.schedules;

/**
 * Recursive doubling among W ranks. Let P be the largest power of two that is not above W.
 *
 * <pre>
 *   fold      position P + i gives its numbers to position i, which adds them
 *   doubling  at round t, from 0 to log2 P - 1, positions p and p xor 2^t, both below P, give each
 *             other what they have, and both add
 *   unfold    position i gives the result to position P + i
 * </pre>
 *
 * <p>After round t, the 2^(t+1) positions that differ in the lowest t+1 bits only have the same
 * sum: both ends of every exchange add the same two numbers, and {@code a + b} is {@code b + a}. So
 * all ranks end with the same bits. See Thakur, Rabenseifner and Gropp, "Optimization of collective
 * communication operations in MPICH", 2005.
 *
 * <p>The buffer is cut into G segments that travel independently: segment s of a round needs
 * segment s of the round before and nothing else. What arrives may be added only when what it is
 * added to has been sent.
 *
 * <p>Threading: immutable.
 *
 * @param sizeBytes of the buffer, a multiple of 8
 * @param worldSize W, at least 2
 * @param position from 0, of the rank whose view this is
 * @param segments G, at least 1
 */
public record DoublingSchedule(int sizeBytes, int worldSize, int position, int segments)
    implements Schedule {

  private static final int UNIT_BYTES = 8;

  /** The view from {@code position}, with no segment longer than {@code segmentBytes}. */
  static DoublingSchedule of(int sizeBytes, int worldSize, int position, int segmentBytes) {
    int segments = Segments.count(sizeBytes, segmentBytes);
    return new DoublingSchedule(sizeBytes, worldSize, position, segments);
  }

  /** How many messages follow from each other, from the first contribution to the last result. */
  public static int depth(int worldSize) {
    int folds = worldSize == Integer.highestOneBit(worldSize) ? 0 : 2;
    return log2(Integer.highestOneBit(worldSize)) + folds;
  }

  private static int log2(int powerOfTwo) {
    return Integer.numberOfTrailingZeros(powerOfTwo);
  }

  /** P. */
  private int power() {
    return Integer.highestOneBit(worldSize);
  }

  private boolean isFolded() {
    return position >= power();
  }

  /** How many fold into this one, 0 or 1. */
  private int folds() {
    return position + power() < worldSize ? 1 : 0;
  }

  private int doublings() {
    return isFolded() ? 0 : log2(power());
  }

  @Override
  public int sends() {
    return (isFolded() ? 1 : doublings() + folds()) * segments;
  }

  @Override
  public int receives() {
    return sends();
  }

  @Override
  public Transfer sent(int message) {
    int stage = message / segments;
    int segment = message % segments;
    if (isFolded()) {
      return transfer(position - power(), Phase.FOLD, 0, segment);
    }
    return stage < doublings()
        ? doubling(stage, segment)
        : transfer(position + power(), Phase.UNFOLD, 0, segment);
  }

  @Override
  public Transfer received(int message) {
    int stage = message / segments;
    int segment = message % segments;
    if (isFolded()) {
      return transfer(position - power(), Phase.UNFOLD, 0, segment);
    }
    return stage < folds()
        ? transfer(position + power(), Phase.FOLD, 0, segment)
        : doubling(stage - folds(), segment);
  }

  private Transfer doubling(int round, int segment) {
    return transfer(position ^ (1 << round), Phase.DOUBLING, round, segment);
  }

  private Transfer transfer(int partner, Phase phase, int round, int segment) {
    int start = startBytes(segment);
    return new Transfer(partner, phase, round, segment, start, startBytes(segment + 1) - start);
  }

  private int startBytes(int segment) {
    long units = sizeBytes / UNIT_BYTES;
    return (int) (units * segment / segments * UNIT_BYTES);
  }

  /** Message m follows from the one that was worked in a stage before it. */
  @Override
  public int receivedBefore(int message) {
    return isFolded() ? 0 : Math.max(0, message + 1 - (1 - folds()) * segments);
  }

  /** What is folded in comes first; then messages are exchanged one for one. */
  @Override
  public int sentBefore(int message) {
    return Math.max(0, message + 1 - folds() * segments);
  }

  @Override
  public boolean sendsEachNumberOnce() {
    return false;
  }

  @Override
  public int passedOn(int message) {
    return NONE;
  }
}

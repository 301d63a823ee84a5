/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.schedules;

/**
 * The ring of W ranks. A sum has two phases. In reduce-scatter, the sum of each part becomes
 * complete on one rank. In all-gather, the complete parts go round. Both are one sequence of
 * messages.
 *
 * <p>The buffer is cut into W contiguous chunks, and each chunk into the same number G of segments
 * (some may be empty). There are 2(W-1) rounds. Message {@code j} is segment {@code j % G} of round
 * {@code j / G}. At round t the rank at position p sends chunk {@code p - t} to the right and
 * receives chunk {@code p - t - 1} from the left, modulo W. What arrives is added in the first W-1
 * rounds, which are reduce-scatter. In the others, which are all-gather, it replaces what was
 * there. So the message sent as number j, for j at least G, is the one that message j-G brought.
 * That is the only dependency there is, and the reason why rounds need no barrier between them. See
 * Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations", 2009.
 *
 * <p>Nothing that arrives can overwrite bytes that are still to be sent. A finished chunk comes
 * back to a rank only after that rank's own contribution to it has travelled round the ring.
 *
 * <p>Threading: immutable.
 *
 * @param sizeBytes of the buffer, a multiple of 8
 * @param worldSize W, at least 2
 * @param position in the ring, from left to right, of the rank whose view this is
 * @param segments G, at least 1
 */
record RingSchedule(int sizeBytes, int worldSize, int position, int segments) implements Schedule {

  /** Chunks and segments start at multiples of this, so that no number of any type is cut. */
  private static final int UNIT_BYTES = 8;

  /** The view from {@code position}, with no segment longer than {@code segmentBytes}. */
  static RingSchedule of(int sizeBytes, int worldSize, int position, int segmentBytes) {
    long units = sizeBytes / UNIT_BYTES;
    long longestChunk = Math.floorDiv(units + worldSize - 1, worldSize);
    int segments = Segments.count(longestChunk * UNIT_BYTES, segmentBytes);
    return new RingSchedule(sizeBytes, worldSize, position, segments);
  }

  private int left() {
    return Math.floorMod(position - 1, worldSize);
  }

  private int right() {
    return Math.floorMod(position + 1, worldSize);
  }

  @Override
  public int sends() {
    return 2 * (worldSize - 1) * segments;
  }

  @Override
  public int receives() {
    return sends();
  }

  @Override
  public Transfer sent(int message) {
    return transfer(message, right(), Math.floorMod(position - round(message), worldSize));
  }

  @Override
  public Transfer received(int message) {
    return transfer(message, left(), Math.floorMod(position - round(message) - 1, worldSize));
  }

  private Transfer transfer(int message, int partner, int chunk) {
    int segment = message % segments;
    int start = startBytes(chunk, segment);
    int length = startBytes(chunk, segment + 1) - start;
    return new Transfer(partner, phase(message), round(message), segment, start, length);
  }

  private int round(int message) {
    return message / segments;
  }

  private Phase phase(int message) {
    return round(message) < worldSize - 1 ? Phase.REDUCE_SCATTER : Phase.ALL_GATHER;
  }

  @Override
  public int receivedBefore(int message) {
    return Math.max(0, message + 1 - segments);
  }

  @Override
  public int sentBefore(int message) {
    return 0;
  }

  /** At round t it is chunk {@code p - t}, up to the one that it completes. */
  @Override
  public boolean sendsEachNumberOnce() {
    return true;
  }

  @Override
  public int passedOn(int message) {
    int brought = message - segments;
    return brought >= 0 && phase(brought) == Phase.ALL_GATHER ? brought : NONE;
  }

  /** Where a segment starts; {@code segment == segments} is the end of the chunk. */
  private int startBytes(int chunk, int segment) {
    long units = sizeBytes / UNIT_BYTES;
    long chunkStart = units * chunk / worldSize;
    long chunkEnd = units * (chunk + 1) / worldSize;
    return (int) ((chunkStart + (chunkEnd - chunkStart) * segment / segments) * UNIT_BYTES);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.Precision;
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.replica.HostMemory;
import io.cairn.replica.Replica;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The way of an update's {@code [gradient sum | tail]} over the ranks: one all-reduce, or several
 * where it is longer than a buffer can be. Each of them carries a bucket, which is a part of that
 * memory, so that nothing is copied.
 *
 * <p>Bucket 0 is the end of the memory: the last part of the gradient with the tail behind it. It
 * goes first. If its sum says that a pass did not fit in memory on some rank, the other buckets
 * stay where they are, on every rank alike, since the update is to be done again.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica.
 *
 * <p>Failure: what the all-reduce throws, on whichever bucket.
 */
final class GradientBuckets {

  /** The longest buffer of whole eight bytes. */
  static final int LONGEST_BYTES =
      Integer.MAX_VALUE / BufferLayout.ALIGNMENT_BYTES * BufferLayout.ALIGNMENT_BYTES;

  private final Supplier<HostMemory> memory;
  private final AllReduce allReduce;
  private final UpdateSums sums;
  private final List<Bucket> buckets;

  /**
   * A part of the memory.
   *
   * @param startBytes where it starts, a multiple of 8
   * @param lengthBytes how long it is, a multiple of 8
   * @param parameters how many it has the gradient of
   */
  record Bucket(long startBytes, int lengthBytes, long parameters) {}

  /**
   * What travels, and among whom.
   *
   * @param memory gives all of it, up to date
   * @param parameters number of parameters that are trained
   * @param bytesPerValue 4 or 8
   * @param weights of the examples, which the tail depends on
   * @param longestBytes of a bucket: {@link #LONGEST_BYTES}, or fewer for a test
   */
  GradientBuckets(
      Supplier<HostMemory> memory,
      long parameters,
      int bytesPerValue,
      Weights weights,
      AllReduce allReduce,
      int longestBytes) {
    this.memory = memory;
    this.allReduce = allReduce;
    int worldSize = allReduce.worldSize();
    int tailBytes = UpdateSums.tailBytes(worldSize, weights);
    this.buckets = cut(parameters, bytesPerValue, tailBytes, longestBytes);
    this.sums = new UpdateSums(buckets.get(0).parameters(), bytesPerValue, worldSize, weights);
  }

  /** For a replica's gradient sum. */
  static GradientBuckets of(
      Replica replica, Weights weights, AllReduce allReduce, int longestBytes) {
    return new GradientBuckets(
        replica::reduceMemory,
        replica.gradientCount(),
        replica.bytesPerValue(),
        weights,
        allReduce,
        longestBytes);
  }

  /**
   * Buckets of about the same length, as few as there can be.
   *
   * @param longestBytes at least the tail's; it alone may make a bucket
   * @return from the memory's end to its beginning
   */
  static List<Bucket> cut(long parameters, int bytesPerValue, int tailBytes, int longestBytes) {
    if (longestBytes < tailBytes) {
      throw new IllegalArgumentException(
          "buckets of " + longestBytes + " bytes cannot hold a tail of " + tailBytes);
    }
    long gradientUnits = units(parameters * bytesPerValue);
    long units = gradientUnits + units(tailBytes);
    long longest = longestBytes / BufferLayout.ALIGNMENT_BYTES;
    long count = Math.floorDiv(units + longest - 1, longest);
    List<Bucket> buckets = new ArrayList<>();
    long end = units;
    for (long number = count - 1; number >= 0; number--) {
      // The tail is never cut.
      long start = Math.min(units * number / count, gradientUnits);
      long startBytes = start * BufferLayout.ALIGNMENT_BYTES;
      long endBytes = end * BufferLayout.ALIGNMENT_BYTES;
      buckets.add(
          new Bucket(
              startBytes,
              Math.toIntExact(endBytes - startBytes),
              Math.min(parameters, endBytes / bytesPerValue)
                  - Math.min(parameters, startBytes / bytesPerValue)));
      end = start;
    }
    return List.copyOf(buckets);
  }

  private static long units(long bytes) {
    return Math.floorDiv(
        bytes + BufferLayout.ALIGNMENT_BYTES - 1, (long) BufferLayout.ALIGNMENT_BYTES);
  }

  /** What is in the tail, and where it is in the buffer that {@link #tail} and others give. */
  UpdateSums sums() {
    return sums;
  }

  /** Bucket 0 of this rank, with what {@link #sums} is to fill in. */
  ByteBuffer tail() {
    return buffer(memory.get(), 0);
  }

  /**
   * Replaces this rank's sums by those of all ranks. Every rank must call it alike.
   *
   * @return bucket 0, for {@link #sums} to read; if a pass did not fit on some rank, the gradient
   *     is undefined
   */
  ByteBuffer sum(long update, Precision precision, UpdateClock clock) {
    HostMemory all = memory.get();
    ByteBuffer first = buffer(all, 0);
    clock.reduced(allReduce.sum(update, first, sums.layout(precision)));
    if (sums.outOfMemory(first).isEmpty()) {
      for (int number = 1; number < buckets.size(); number++) {
        BufferLayout layout = layout(number, precision);
        clock.reduced(allReduce.sum(update, buffer(all, number), layout));
      }
    }
    return first;
  }

  /**
   * Adds what rounding has left over on all ranks to a sum that all have: the one that rank 0 has
   * is taken, once.
   */
  void settle(long update, UpdateClock clock) {
    if (allReduce.rank() != 0) {
      HostMemory all = memory.get();
      for (int number = 0; number < buckets.size(); number++) {
        zero(buffer(all, number));
      }
    }
    sum(update, Precision.SETTLED, clock);
  }

  private static void zero(ByteBuffer buffer) {
    while (buffer.hasRemaining()) {
      buffer.putLong(0);
    }
  }

  private ByteBuffer buffer(HostMemory all, int number) {
    return all.part(buckets.get(number).startBytes(), buckets.get(number).lengthBytes());
  }

  private BufferLayout layout(int number, Precision precision) {
    return BufferLayout.of(sums.gradient(buckets.get(number).parameters(), precision))
        .inBucket(number);
  }
}

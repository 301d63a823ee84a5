/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.collective.Precision;
import io.cairn.collective.link.membership.Protection;
import io.cairn.collective.link.membership.RingEndpoint;
import io.cairn.collective.link.membership.RingMembership;
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.replica.HostMemory;
import io.cairn.replica.WindowSums.Squares;
import io.cairn.telemetry.RankLoad;
import io.cairn.worker.UpdateSums.Passes;
import io.cairn.worker.UpdateSums.Share;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One rank of two as a process of its own, with a gradient of known numbers and a tail in ND4J's
 * memory, as a replica has them. Prints where it listens, reads where both listen, sums once over
 * the real ring and prints how many of the sums are wrong.
 *
 * <p>Arguments: rank, number of float32 parameters, precision.
 */
public final class HugeGradientRank {

  static final int RANKS = 2;

  /** Exact in float32 only as integers, and not at all as one. */
  static final long EXAMPLES = (1L << 40) + 1;

  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final int BLOCK = 16 * 1024;

  private HugeGradientRank() {}

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    int rank = Integer.parseInt(arguments[0]);
    long parameters = Long.parseLong(arguments[1]);
    Precision precision = Precision.valueOf(arguments[2]);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (RingEndpoint endpoint =
        RingEndpoint.bind(InetAddress.getLoopbackAddress(), Protection.TLS)) {
      String certificate = endpoint.member(rank).certificate().orElseThrow().sha256();
      System.out.println("MEMBER " + endpoint.address().getPort() + ":" + certificate);
      RingMembership membership =
          new RingMembership(
              99, rank, RankProcess.members(in.readLine()), TIMEOUT, TIMEOUT, () -> false);
      try (AllReduce group = endpoint.connect(membership)) {
        System.out.println("SUM " + sum(group, parameters, precision));
      }
    }
    System.exit(0);
  }

  private static String sum(AllReduce group, long parameters, Precision precision) {
    long values =
        parameters + parameters % 2 + UpdateSums.tailBytes(RANKS, Weights.NONE) / Float.BYTES;
    var array = Nd4j.zeros(DataType.FLOAT, values);
    HostMemory memory = HostMemory.of(array);
    fill(memory, parameters, group.rank());
    GradientBuckets buckets =
        new GradientBuckets(
            () -> HostMemory.of(array),
            parameters,
            Float.BYTES,
            Weights.NONE,
            group,
            GradientBuckets.LONGEST_BYTES);
    buckets
        .sums()
        .contribute(
            buckets.tail(),
            group.rank(),
            new Share(
                1.5, 0, EXAMPLES, -1, Squares.NONE, RankLoad.NONE, Passes.DONE, ControlVotes.NONE));
    long start = System.nanoTime();
    ByteBuffer tail = buckets.sum(1, precision, new UpdateClock());
    double seconds = (System.nanoTime() - start) / 1e9;
    UpdateSums.Totals totals = buckets.sums().totals(tail);
    return "of %d bytes, examples %d, loss %s, wrong %d; %.1f s"
        .formatted(
            memory.sizeBytes(),
            totals.examples(),
            totals.lossSum(),
            wrong(memory, parameters, precision == Precision.BF16 ? 0x1p-7 : 0),
            seconds);
  }

  /** Two ranks' numbers differ, and so do neighbours' and those of two buckets at one place. */
  private static float value(long index, int rank) {
    return (index + rank * 17L) % 1021 + index % 3;
  }

  private static void fill(HostMemory memory, long parameters, int rank) {
    float[] block = new float[BLOCK];
    for (long at = 0; at < parameters; at += BLOCK) {
      int count = (int) Math.min(BLOCK, parameters - at);
      for (int i = 0; i < count; i++) {
        block[i] = value(at + i, rank);
      }
      floats(memory, at, count).put(block, 0, count);
    }
  }

  private static long wrong(HostMemory memory, long parameters, double tolerance) {
    long wrong = 0;
    float[] block = new float[BLOCK];
    for (long at = 0; at < parameters; at += BLOCK) {
      int count = (int) Math.min(BLOCK, parameters - at);
      floats(memory, at, count).get(block, 0, count);
      for (int i = 0; i < count; i++) {
        float expected = value(at + i, 0) + value(at + i, 1);
        wrong += Math.abs(block[i] - expected) <= tolerance * expected ? 0 : 1;
      }
    }
    return wrong;
  }

  private static FloatBuffer floats(HostMemory memory, long at, int count) {
    return memory.part(at * Float.BYTES, count * Float.BYTES).asFloatBuffer();
  }
}

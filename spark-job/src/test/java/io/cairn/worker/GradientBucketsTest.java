/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.ElementType;
import io.cairn.collective.Precision;
import io.cairn.collective.ReduceTiming;
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.replica.HostMemory;
import io.cairn.replica.WindowSums.Squares;
import io.cairn.telemetry.RankLoad;
import io.cairn.worker.GradientBuckets.Bucket;
import io.cairn.worker.UpdateSums.Passes;
import io.cairn.worker.UpdateSums.Share;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GradientBucketsTest {

  private static final int TAIL_BYTES = UpdateSums.tailBytes(2, Weights.NONE);

  /** Three of them hold 60 numbers and the tail. */
  private static final int BUCKET_BYTES = TAIL_BYTES + 8;

  private static final int PARAMETERS = 60;

  /** Leaves buffers as they are, and notes what it was given. */
  private static final class Noting implements AllReduce {
    private final int rank;
    private final List<BufferLayout> layouts = new ArrayList<>();

    Noting(int rank) {
      this.rank = rank;
    }

    @Override
    public int rank() {
      return rank;
    }

    @Override
    public int worldSize() {
      return 2;
    }

    @Override
    public ReduceTiming sum(long update, ByteBuffer buffer, BufferLayout layout) {
      layout.requireFits(buffer);
      layouts.add(layout);
      return ReduceTiming.NONE;
    }

    @Override
    public void clearErrorFeedback() {
      throw new AssertionError("not asked for");
    }

    @Override
    public void close() {
      throw new AssertionError("not its own");
    }
  }

  private static INDArray ones() {
    INDArray ones = Nd4j.ones(DataType.FLOAT, PARAMETERS + TAIL_BYTES / Float.BYTES);
    ByteBuffer tail = HostMemory.of(ones).part((long) PARAMETERS * Float.BYTES, TAIL_BYTES);
    while (tail.hasRemaining()) {
      tail.put((byte) 0);
    }
    return ones;
  }

  private static GradientBuckets buckets(INDArray memory, AllReduce allReduce) {
    return new GradientBuckets(
        () -> HostMemory.of(memory),
        PARAMETERS,
        Float.BYTES,
        Weights.NONE,
        allReduce,
        BUCKET_BYTES);
  }

  private static Share share(Passes passes) {
    return new Share(1.5, 3, 3, -1, Squares.NONE, RankLoad.NONE, passes, ControlVotes.NONE);
  }

  @Test
  void whatFitsIntoABufferIsOneBucket() {
    assertThat(GradientBuckets.cut(5, Float.BYTES, TAIL_BYTES, GradientBuckets.LONGEST_BYTES))
        .containsExactly(new Bucket(0, 24 + TAIL_BYTES, 5));
    long most = ((long) GradientBuckets.LONGEST_BYTES - TAIL_BYTES) / Double.BYTES;
    assertThat(GradientBuckets.cut(most, Double.BYTES, TAIL_BYTES, GradientBuckets.LONGEST_BYTES))
        .containsExactly(new Bucket(0, GradientBuckets.LONGEST_BYTES, most));
    assertThat(
            GradientBuckets.cut(most + 1, Double.BYTES, TAIL_BYTES, GradientBuckets.LONGEST_BYTES))
        .hasSize(2);
  }

  @Property
  void bucketsCoverTheMemoryWithoutCuttingTheTail(
      @ForAll @LongRange(min = 1, max = 20_000_000_000L) long parameters,
      @ForAll boolean isFloat64,
      @ForAll @IntRange(min = 1, max = 300) int worldSize,
      @ForAll @IntRange(min = 32 * 1024, max = Integer.MAX_VALUE) int longestBytes) {
    int bytesPerValue = isFloat64 ? Double.BYTES : Float.BYTES;
    // As many as a person would look at.
    long some = Math.min(parameters, 100L * longestBytes / bytesPerValue);
    int tailBytes = UpdateSums.tailBytes(worldSize, Weights.RECORDED);
    List<Bucket> buckets = GradientBuckets.cut(some, bytesPerValue, tailBytes, longestBytes);
    BufferLayout whole =
        new UpdateSums(buckets.get(0).parameters(), bytesPerValue, worldSize, Weights.RECORDED)
            .layout(Precision.EXACT);
    assertThat(whole.sizeBytes()).as("the tail").isEqualTo(buckets.get(0).lengthBytes());
    long all = (some * bytesPerValue + 7) / 8 * 8 + tailBytes;
    long end = all;
    long counted = 0;
    ElementType type = isFloat64 ? ElementType.FLOAT64 : ElementType.FLOAT32;
    for (Bucket bucket : buckets) {
      assertThat(bucket.startBytes() % 8).isZero();
      assertThat(bucket.startBytes() + bucket.lengthBytes()).isEqualTo(end);
      assertThat(bucket.lengthBytes()).isBetween(8, longestBytes);
      if (end < all) {
        Section section = new Section(type, bucket.parameters());
        assertThat(section.paddedBytes()).isEqualTo(bucket.lengthBytes());
      }
      assertThat(bucket.startBytes() / bytesPerValue)
          .as("the first of its numbers, or none")
          .isGreaterThanOrEqualTo(some - counted - bucket.parameters());
      counted += bucket.parameters();
      end = bucket.startBytes();
    }
    assertThat(end).isZero();
    assertThat(counted).isEqualTo(some);
  }

  @Test
  void aTailThatFitsIntoNoBucketIsRefused() {
    assertThatThrownBy(() -> GradientBuckets.cut(5, Float.BYTES, 96, 88))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("buckets of 88 bytes cannot hold a tail of 96");
  }

  @Test
  void theTailGoesFirstAndTheOthersFollow() {
    Noting allReduce = new Noting(0);
    GradientBuckets buckets = buckets(ones(), allReduce);
    buckets.sums().contribute(buckets.tail(), 0, share(Passes.DONE));
    ByteBuffer tail = buckets.sum(1, Precision.BF16, new UpdateClock());
    assertThat(buckets.sums().totals(tail).lossSum()).isEqualTo(1.5);
    assertThat(allReduce.layouts).extracting(BufferLayout::bucket).containsExactly(0, 1, 2);
    assertThat(allReduce.layouts.stream().mapToLong(it -> it.sections().get(0).count()).sum())
        .isEqualTo(PARAMETERS);
    assertThat(allReduce.layouts).allMatch(BufferLayout::isRounded);
  }

  @Test
  void whereAPassDidNotFitOnlyTheTailTravels() {
    Noting allReduce = new Noting(1);
    GradientBuckets buckets = buckets(ones(), allReduce);
    buckets.sums().contribute(buckets.tail(), 1, share(Passes.OUT_OF_MEMORY));
    ByteBuffer tail = buckets.sum(1, Precision.EXACT, new UpdateClock());
    assertThat(buckets.sums().outOfMemory(tail)).containsExactly(1);
    assertThat(allReduce.layouts).extracting(BufferLayout::bucket).containsExactly(0);
  }

  @Test
  void whatAllHaveIsTakenFromRankZeroInEveryBucket() {
    for (int rank = 0; rank < 2; rank++) {
      INDArray memory = ones();
      Noting allReduce = new Noting(rank);
      buckets(memory, allReduce).settle(1, new UpdateClock());
      assertThat(memory.sumNumber().intValue()).isEqualTo(rank == 0 ? PARAMETERS : 0);
      assertThat(allReduce.layouts)
          .hasSize(3)
          .allMatch(it -> it.sections().get(0).precision() == Precision.SETTLED);
    }
  }

  @Test
  void bucketsOfOneLengthAreToldApart() {
    BufferLayout layout = BufferLayout.of(new Section(ElementType.FLOAT32, 8));
    assertThat(List.of(layout.digest(), layout.inBucket(1).digest(), layout.inBucket(2).digest()))
        .doesNotHaveDuplicates();
    assertThat(layout.inBucket(0).digest()).isEqualTo(layout.digest());
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.Buffers;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.ElementType;
import io.cairn.collective.Precision;
import io.cairn.collective.Ranks;
import io.cairn.collective.schedules.Algorithm;
import io.cairn.collective.schedules.Schedule;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sums that travel as bf16: the same bits on all ranks, and nothing lost between two sums. */
class RoundedSumTest {

  private static final Duration PATIENT = Duration.ofSeconds(20);
  private static final int SEGMENT_BYTES = 64;

  /** A gradient, and what is exact behind it. */
  private static BufferLayout layout(int count, Precision precision) {
    return BufferLayout.of(
        new Section(ElementType.FLOAT32, count, precision),
        new Section(ElementType.FLOAT64, 1),
        new Section(ElementType.INT64, 3));
  }

  private interface Part {
    void play(int rank, AllReduce group, List<ByteBuffer> results);
  }

  /** What each rank's sums returned, one after the other; by rank. */
  private static List<List<ByteBuffer>> play(int worldSize, Algorithm algorithm, Part part) {
    MemoryRing ring = new MemoryRing(worldSize, 150, 1);
    return Ranks.<List<ByteBuffer>>run(
            worldSize,
            rank ->
                () -> {
                  List<ByteBuffer> results = new ArrayList<>();
                  try (AllReduce group =
                      ring.join(rank, algorithm, SEGMENT_BYTES, PATIENT, () -> false)) {
                    part.play(rank, group, results);
                  }
                  return results;
                })
        .stream()
        .map(Ranks.Outcome::orFail)
        .toList();
  }

  private static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(4)));
    }
    return numbers;
  }

  private static ByteBuffer filled(BufferLayout layout, float[] numbers, int rank) {
    ByteBuffer buffer = Buffers.zeros(layout);
    for (int i = 0; i < numbers.length; i++) {
      buffer.putFloat(i * Float.BYTES, numbers[i]);
    }
    buffer.putDouble(layout.offsetBytes(1), 1 + 1e-12 * rank);
    buffer.putLong(layout.offsetBytes(2), (1L << 60) + rank);
    return buffer;
  }

  @Property(tries = 40)
  void everyBitIsThatOfTheSumNumberByNumber(
      @ForAll @IntRange(min = 2, max = 6) int worldSize,
      @ForAll @IntRange(min = 1, max = 300) int count,
      @ForAll long seed) {
    BufferLayout layout = layout(count, Precision.BF16);
    int sums = 3;
    float[][][] inputs = new float[sums][worldSize][];
    for (int sum = 0; sum < sums; sum++) {
      for (int rank = 0; rank < worldSize; rank++) {
        inputs[sum][rank] = random(count, seed + 31L * sum + rank);
      }
    }

    List<List<ByteBuffer>> ranks =
        play(
            worldSize,
            Algorithm.RING,
            (rank, group, results) -> {
              for (int sum = 0; sum < sums; sum++) {
                ByteBuffer buffer = filled(layout, inputs[sum][rank], rank);
                group.sum(sum, buffer, layout);
                results.add(buffer);
              }
            });

    float[][] errors = new float[worldSize][count];
    for (int sum = 0; sum < sums; sum++) {
      float[] expected =
          Rounded.sum(inputs[sum], errors, Rounded.ring(layout.sizeBytes(), worldSize));
      for (List<ByteBuffer> results : ranks) {
        ByteBuffer result = results.get(sum);
        assertThat(Buffers.difference(ranks.get(0).get(sum), result)).isEqualTo("none");
        for (int i = 0; i < count; i++) {
          assertThat(result.getFloat(i * Float.BYTES)).as("number %d", i).isEqualTo(expected[i]);
        }
        int low = worldSize * (worldSize - 1) / 2;
        assertThat(result.getLong(layout.offsetBytes(2))).isEqualTo(((long) worldSize << 60) + low);
        assertThat(result.getDouble(layout.offsetBytes(1))).isGreaterThan(worldSize);
      }
    }
  }

  /** Whole numbers that float32 adds without error. */
  @Property(tries = 40)
  void allSumsWithTheSettledOneAreAllThatWasToBeSummed(
      @ForAll @IntRange(min = 2, max = 6) int worldSize,
      @ForAll @IntRange(min = 1, max = 300) int count,
      @ForAll @IntRange(min = 1, max = 6) int roundedSums,
      @ForAll long seed) {
    BufferLayout settled = layout(count, Precision.SETTLED);
    long[] expected = new long[count];
    for (int sum = 0; sum <= roundedSums; sum++) {
      for (int rank = 0; rank < worldSize; rank++) {
        float[] numbers = whole(count, seed + 31L * sum + rank);
        for (int i = 0; i < count; i++) {
          expected[i] += (long) numbers[i];
        }
      }
    }

    List<List<ByteBuffer>> ranks =
        play(
            worldSize,
            Algorithm.RING,
            (rank, group, results) -> {
              for (int sum = 0; sum <= roundedSums; sum++) {
                BufferLayout layout = sum < roundedSums ? layout(count, Precision.BF16) : settled;
                ByteBuffer buffer = filled(layout, whole(count, seed + 31L * sum + rank), rank);
                group.sum(sum, buffer, layout);
                results.add(buffer);
              }
              // Nothing is left after that.
              ByteBuffer zeros = Buffers.zeros(settled);
              group.sum(roundedSums + 1, zeros, settled);
              assertThat(Buffers.difference(Buffers.zeros(settled), zeros)).isEqualTo("none");
            });

    for (int i = 0; i < count; i++) {
      double delivered = 0;
      for (ByteBuffer result : ranks.get(0)) {
        delivered += result.getFloat(i * Float.BYTES);
      }
      assertThat(delivered).as("number %d", i).isEqualTo((double) expected[i]);
    }
  }

  private static float[] whole(int count, long seed) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = random.nextInt(200_001) - 100_000;
    }
    return numbers;
  }

  /** A number too small to survive beside a large one gets through all the same, a little later. */
  @Test
  void whatIsBelowHalfAUnitOfTheSumAddsUpUntilItIsNot() {
    BufferLayout layout = layout(8, Precision.BF16);
    int sums = 256;
    List<List<ByteBuffer>> ranks =
        play(
            2,
            Algorithm.RING,
            (rank, group, results) -> {
              for (int sum = 0; sum < sums; sum++) {
                // 1 + 2^-10 on both: a quarter of a unit in the last place above 1.
                float[] numbers = new float[8];
                Arrays.fill(numbers, 1 + 0x1p-10f);
                ByteBuffer buffer = filled(layout, numbers, rank);
                group.sum(sum, buffer, layout);
                results.add(buffer);
              }
            });
    double delivered = ranks.get(0).stream().mapToDouble(it -> it.getFloat(0)).sum();
    double exact = sums * 2 * (1 + 0x1p-10);
    double withoutFeedback = sums * 2;
    assertThat(delivered).isCloseTo(exact, offset(0x1p-5));
    assertThat(exact - withoutFeedback).isEqualTo(0.5);
  }

  @Test
  void sumsThatGoByDoublingAreExactAndSettleWhatIsLeft() {
    BufferLayout layout = layout(9, Precision.BF16);
    List<List<ByteBuffer>> ranks =
        play(
            3,
            Algorithm.DOUBLING,
            (rank, group, results) -> {
              ByteBuffer buffer = filled(layout, whole(9, rank), rank);
              group.sum(1, buffer, layout);
              results.add(buffer);
            });
    for (int i = 0; i < 9; i++) {
      float expected = whole(9, 0)[i] + whole(9, 1)[i] + whole(9, 2)[i];
      for (List<ByteBuffer> results : ranks) {
        assertThat(results.get(0).getFloat(i * Float.BYTES)).isEqualTo(expected);
      }
    }
  }

  @Test
  void nanAndInfinityPassAndPoisonNothingAfterThem() {
    BufferLayout layout = layout(6, Precision.BF16);
    float[] ill = {
      Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MAX_VALUE, 1, 0x1.01p0f
    };
    List<List<ByteBuffer>> ranks =
        play(
            3,
            Algorithm.RING,
            (rank, group, results) -> {
              for (int sum = 0; sum < 2; sum++) {
                float[] numbers = sum == 0 && rank == 1 ? ill : new float[6];
                ByteBuffer buffer = filled(layout, numbers, rank);
                group.sum(sum, buffer, layout);
                results.add(buffer);
              }
            });
    ByteBuffer first = ranks.get(2).get(0);
    assertThat(first.getFloat(0)).isNaN();
    assertThat(first.getFloat(4)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(first.getFloat(8)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(first.getFloat(12)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(first.getFloat(16)).isEqualTo(1f);
    for (int i = 0; i < 5; i++) {
      assertThat(ranks.get(2).get(1).getFloat(i * Float.BYTES)).as("number %d", i).isZero();
    }
    // A unit in the last place is 2^-7: the half that was left over comes with the next sum.
    assertThat(first.getFloat(20) + ranks.get(2).get(1).getFloat(20)).isEqualTo(0x1.01p0f);
  }

  @Test
  void sumsOfExactSectionsBetweenLeaveErrorFeedbackAlone() {
    BufferLayout layout = layout(4, Precision.BF16);
    BufferLayout counts = Buffers.layout(1, ElementType.INT64);
    List<List<ByteBuffer>> ranks =
        play(
            2,
            Algorithm.RING,
            (rank, group, results) -> {
              group.sum(1, filled(layout, new float[] {257, 257, 257, 257}, rank), layout);
              group.sum(2, Buffers.ramp(counts, 1), counts);
              BufferLayout settled = layout(4, Precision.SETTLED);
              ByteBuffer rest = Buffers.zeros(settled);
              group.sum(3, rest, settled);
              results.add(rest);
            });
    // 257 = 256 + 1 on each rank; 256 + 257 = 513 = 512 + 1.
    assertThat(ranks.get(0).get(0).getFloat(0)).isEqualTo(2f);
  }

  @Test
  void clearedErrorFeedbackIsGone() {
    BufferLayout layout = layout(4, Precision.BF16);
    List<List<ByteBuffer>> ranks =
        play(
            2,
            Algorithm.RING,
            (rank, group, results) -> {
              group.sum(1, filled(layout, new float[] {257, 257, 257, 257}, rank), layout);
              group.clearErrorFeedback();
              BufferLayout settled = layout(4, Precision.SETTLED);
              ByteBuffer rest = Buffers.zeros(settled);
              group.sum(2, rest, settled);
              results.add(rest);
            });
    assertThat(ranks.get(1).get(0).getFloat(0)).isZero();
  }

  @Test
  void aBufferOfAnotherShapeCannotTakeErrorFeedbackIn() {
    BufferLayout layout = layout(4, Precision.BF16);
    play(
        2,
        Algorithm.RING,
        (rank, group, results) -> {
          group.sum(1, filled(layout, new float[4], rank), layout);
          BufferLayout other = layout(6, Precision.BF16);
          assertThatThrownBy(() -> group.sum(2, Buffers.zeros(other), other))
              .hasMessageContaining("what rounding has left over belongs to");
        });
  }

  /** Two buckets of different shapes in turn leave over what each would by itself. */
  @Test
  void everyBucketHasErrorFeedbackOfItsOwn() {
    List<BufferLayout> buckets =
        List.of(layout(40, Precision.BF16), layout(7, Precision.BF16).inBucket(1));
    List<List<List<ByteBuffer>>> alone = new ArrayList<>();
    for (BufferLayout bucket : buckets) {
      alone.add(
          play(
              3,
              Algorithm.RING,
              (rank, group, results) -> {
                for (int sum = 0; sum < 4; sum++) {
                  results.add(summed(group, sum, bucket, rank));
                }
              }));
    }
    List<List<ByteBuffer>> inTurn =
        play(
            3,
            Algorithm.RING,
            (rank, group, results) -> {
              for (int sum = 0; sum < 4; sum++) {
                results.add(summed(group, sum, buckets.get(0), rank));
                results.add(summed(group, sum, buckets.get(1), rank));
              }
            });
    for (int sum = 0; sum < 4; sum++) {
      for (int bucket = 0; bucket < 2; bucket++) {
        ByteBuffer expected = alone.get(bucket).get(0).get(sum);
        assertThat(Buffers.difference(expected, inTurn.get(0).get(2 * sum + bucket)))
            .as("sum %d of bucket %d", sum, bucket)
            .isEqualTo("none");
      }
    }
  }

  private static ByteBuffer summed(AllReduce group, int sum, BufferLayout layout, int rank) {
    int count = (int) layout.sections().get(0).count();
    ByteBuffer buffer = filled(layout, random(count, 31L * sum + rank), rank);
    group.sum(sum, buffer, layout);
    return buffer;
  }

  @Test
  void clearingForgetsWhatIsLeftOverInEveryBucket() {
    play(
        2,
        Algorithm.RING,
        (rank, group, results) -> {
          for (int bucket = 0; bucket < 2; bucket++) {
            BufferLayout layout = layout(4, Precision.BF16).inBucket(bucket);
            group.sum(1, filled(layout, new float[] {257, 257, 257, 257}, rank), layout);
          }
          group.clearErrorFeedback();
          for (int bucket = 0; bucket < 2; bucket++) {
            BufferLayout settled = layout(4, Precision.SETTLED).inBucket(bucket);
            ByteBuffer rest = Buffers.zeros(settled);
            group.sum(2, rest, settled);
            assertThat(rest.getFloat(0)).as("bucket %d", bucket).isZero();
          }
        });
  }

  @Test
  void ranksThatSumDifferentBucketsAreOutOfStep() {
    play(
        2,
        Algorithm.RING,
        (rank, group, results) -> {
          BufferLayout layout = layout(10, Precision.EXACT).inBucket(rank);
          assertThatThrownBy(() -> group.sum(1, Buffers.zeros(layout), layout))
              .isInstanceOf(CollectiveException.OutOfStep.class);
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"EXACT", "SETTLED"})
  void ranksThatDisagreeAboutThePrecisionAreOutOfStep(Precision other) {
    play(
        3,
        Algorithm.RING,
        (rank, group, results) -> {
          BufferLayout layout = layout(10, rank == 1 ? other : Precision.BF16);
          assertThatThrownBy(() -> group.sum(1, Buffers.zeros(layout), layout))
              .isInstanceOf(CollectiveException.OutOfStep.class);
        });
  }

  @Test
  void onlyFloat32CanTravelAsAnythingElse() {
    for (ElementType type : List.of(ElementType.INT64, ElementType.FLOAT64)) {
      assertThatThrownBy(() -> new Section(type, 3, Precision.BF16))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(type + " travels exactly, not as BF16");
    }
  }

  @Test
  void messagesOfRoundedNumbersAreHalfAsLong() {
    BufferLayout layout = layout(1000, Precision.BF16);
    Schedule schedule = Algorithm.RING.schedule(layout.sizeBytes(), 2, 0, 1 << 20);
    ReduceJob rounded =
        ReduceJob.of(1, 1, 1, schedule, Buffers.zeros(layout), layout, new Checksums(2));
    int bytes = 0;
    for (int message = 0; message < schedule.sends(); message++) {
      bytes += rounded.header(schedule.sent(message), 0).lengthBytes();
    }
    assertThat(bytes).isEqualTo(1000 * Short.BYTES + 4 * Long.BYTES);
  }
}

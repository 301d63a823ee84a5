/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.Buffers;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.ElementType;
import io.cairn.collective.Ranks;
import io.cairn.collective.ReduceTiming;
import io.cairn.collective.messages.FrameHeader;
import io.cairn.collective.schedules.Algorithm;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The algorithms and their failures over connections in memory, byte by byte if need be. */
class GroupAllReduceTest {

  private static final Duration PATIENT = Duration.ofSeconds(20);
  private static final int SEGMENT_BYTES = 64;
  private static final BufferLayout SMALL = Buffers.layout(100, ElementType.FLOAT64);

  @Provide
  Arbitrary<BufferLayout> layouts() {
    Arbitrary<Section> sections =
        Arbitraries.of(ElementType.class)
            .flatMap(
                type -> Arbitraries.longs().between(0, 120).map(count -> new Section(type, count)));
    return sections.list().ofMaxSize(5).map(BufferLayout::new);
  }

  @Property(tries = 60)
  void everyNumberOfEverySectionIsTheSumOverAllRanks(
      @ForAll("layouts") BufferLayout layout,
      @ForAll Algorithm algorithm,
      @ForAll @IntRange(min = 2, max = 9) int worldSize,
      @ForAll @IntRange(min = 1, max = 20) int segmentUnits,
      @ForAll @IntRange(min = 1, max = 300) int capacity) {
    MemoryRing ring = new MemoryRing(worldSize, capacity, 1);

    List<Ranks.Outcome<ByteBuffer>> outcomes =
        Ranks.run(
            worldSize,
            rank ->
                () -> {
                  ByteBuffer buffer = Buffers.ramp(layout, rank + 1);
                  try (AllReduce group =
                      ring.join(rank, algorithm, segmentUnits * 8, PATIENT, () -> false)) {
                    group.sum(1, buffer, layout);
                  }
                  return buffer;
                });

    ByteBuffer expected = Buffers.rampSum(layout, worldSize);
    for (Ranks.Outcome<ByteBuffer> outcome : outcomes) {
      assertThat(Buffers.difference(expected, outcome.orFail())).isEqualTo("none");
    }
  }

  @ParameterizedTest
  @CsvSource({"2,RING", "3,RING", "5,RING", "2,DOUBLING", "3,DOUBLING", "4,DOUBLING", "7,DOUBLING"})
  void randomNumbersGiveTheSameBitsOnAllRanksAndOnEveryRun(int worldSize, Algorithm algorithm) {
    BufferLayout layout =
        BufferLayout.of(
            new Section(ElementType.FLOAT32, 1001),
            new Section(ElementType.INT64, 3),
            new Section(ElementType.FLOAT64, 501));
    List<ByteBuffer> results = new ArrayList<>();
    for (int run = 0; run < 3; run++) {
      MemoryRing ring = new MemoryRing(worldSize, 100 + 50 * run, run);
      Ranks.<ByteBuffer>run(
              worldSize,
              rank ->
                  () -> {
                    ByteBuffer buffer = Buffers.random(layout, rank);
                    try (AllReduce group = ring.join(rank, algorithm, 256, PATIENT, () -> false)) {
                      group.sum(1, buffer, layout);
                    }
                    return buffer;
                  })
          .forEach(outcome -> results.add(outcome.orFail()));
    }
    assertThat(results)
        .allSatisfy(
            result -> assertThat(Buffers.difference(results.get(0), result)).isEqualTo("none"));
  }

  @Test
  void integersWrapAround() {
    BufferLayout layout = BufferLayout.of(new Section(ElementType.INT64, 1));
    MemoryRing ring = new MemoryRing(2, 1000, 1);
    List<Ranks.Outcome<Long>> outcomes =
        Ranks.run(
            2,
            rank ->
                () -> {
                  ByteBuffer buffer = Buffers.zeros(layout).putLong(0, Long.MAX_VALUE);
                  try (AllReduce group = ring.join(rank, 8, PATIENT, () -> false)) {
                    group.sum(1, buffer, layout);
                  }
                  return buffer.getLong(0);
                });
    assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.orFail()).isEqualTo(-2L));
  }

  @Test
  void damagedPayloadIsCorruptOnEveryRankAndNamesTheSender() {
    MemoryRing ring = new MemoryRing(4, 1000, 1);
    ring.damage(1, 2, FrameHeader.BYTES + 5);

    List<CollectiveException> failures = failuresOfSum(ring, 4);

    assertThat(failures)
        .allSatisfy(
            failure ->
                assertThat(failure)
                    .isInstanceOf(CollectiveException.Corrupt.class)
                    .hasMessageContaining("rank 1 at memory:1 sent bytes whose checksum does not")
                    .hasMessageContaining("in update 9"));
    assertThat(failures).extracting(CollectiveException::rank).containsOnly(1);
    assertThat(failures).extracting(CollectiveException::origin).containsOnly(2);
    assertThat(failures).extracting(CollectiveException::address).containsOnly("memory:1");
    assertThat(failures).extracting(CollectiveException::update).containsOnly(9L);
    assertThat(failures).extracting(CollectiveException::phase).containsOnly("reduce-scatter");
    assertThat(failures).allSatisfy(failure -> assertThat(failure.bytesSoFar()).isBetween(1L, 64L));
    assertThat(failures.get(2).isForwarded()).isFalse();
    assertThat(failures.get(0).isForwarded()).isTrue();
    assertThat(failures.get(0)).hasMessageContaining("noticed by rank 2, forwarded");
    assertThat(failures.get(1).isForwarded()).isTrue();
    assertThat(failures.get(3).isForwarded()).isTrue();
  }

  /** Sums of one update, of the same layout: the redo of an update, say, or two gathers. */
  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void messageOfTheSumBeforeIsNotTakenForOneOfThisSum(Algorithm algorithm) {
    BufferLayout layout = Buffers.layout(4, ElementType.FLOAT64);
    int firstMessage = algorithm == Algorithm.RING ? layout.sizeBytes() / 2 : layout.sizeBytes();
    MemoryRing ring = new MemoryRing(2, 1000, 1);
    // In the ring rank 0 sends two messages a sum; those of the first one arrive twice.
    int messages = algorithm == Algorithm.RING ? 2 : 1;
    ring.repeat(0, 1, messages * (FrameHeader.BYTES + firstMessage));
    List<Ranks.Outcome<Throwable>> outcomes =
        Ranks.run(
            2,
            rank ->
                () -> {
                  try (AllReduce group = ring.join(rank, algorithm, 256, PATIENT, () -> false)) {
                    group.sum(9, Buffers.ramp(layout, rank + 1), layout);
                    group.sum(9, Buffers.ramp(layout, 10L * (rank + 1)), layout);
                    return null;
                  } catch (CollectiveException failure) {
                    return failure;
                  }
                });
    assertThat(outcomes.get(1).orFail())
        .isInstanceOf(CollectiveException.OutOfStep.class)
        .hasMessageContaining(
            "rank 0 at memory:0 is out of step: it sent group 77, update 9, sum 1")
        .hasMessageContaining("instead of group 77, update 9, sum 2");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 30, 40, FrameHeader.BYTES - 1})
  void damagedHeaderIsCorruptWhateverFieldItHits(int byteIndex) {
    MemoryRing ring = new MemoryRing(3, 1000, 1);
    ring.damage(0, 1, byteIndex);

    assertThat(failuresOfSum(ring, 3))
        .allSatisfy(
            failure ->
                assertThat(failure)
                    .isInstanceOf(CollectiveException.Corrupt.class)
                    .hasMessageContaining("rank 0 at memory:0 sent a message header that does not")
                    .hasMessageContaining("verify"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, FrameHeader.BYTES, FrameHeader.BYTES + 10, 500})
  void peerCutOffInTheMiddleIsLostOnEveryOtherRank(int afterBytes) {
    MemoryRing ring = new MemoryRing(4, 1000, 1);
    ring.cut(2, afterBytes);

    List<CollectiveException> failures = failuresOfSum(ring, 4);

    for (int rank : new int[] {0, 1, 3}) {
      assertThat(failures.get(rank))
          .isInstanceOf(CollectiveException.PeerLost.class)
          .hasMessageContaining("rank 2 at memory:2 was lost")
          .hasMessageContaining("in update 9");
    }
  }

  @Test
  void brokenGroupThrowsTheSameCauseEverAfter() {
    MemoryRing ring = new MemoryRing(2, 1000, 1);
    ring.damage(1, 0, 3);
    List<Ranks.Outcome<Boolean>> outcomes =
        Ranks.run(
            2,
            rank ->
                () -> {
                  try (AllReduce group = ring.join(rank, SEGMENT_BYTES, PATIENT, () -> false)) {
                    Throwable first = failureOf(group, 1);
                    return first instanceof CollectiveException && failureOf(group, 2) == first;
                  }
                });
    assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.orFail()).isTrue());
  }

  @ParameterizedTest
  @CsvSource({"2,RING", "3,RING", "5,RING", "2,DOUBLING", "3,DOUBLING", "4,DOUBLING", "7,DOUBLING"})
  void peerThatLeavesAfterItsLastSumDisturbsNobodyInThatSum(int worldSize, Algorithm algorithm) {
    for (int round = 0; round < 10; round++) {
      MemoryRing ring = new MemoryRing(worldSize, 40, round);
      List<Ranks.Outcome<CollectiveException>> outcomes =
          Ranks.run(
              worldSize,
              rank ->
                  () -> {
                    try (AllReduce group =
                        ring.join(rank, algorithm, SEGMENT_BYTES, PATIENT, () -> false)) {
                      ByteBuffer buffer = Buffers.ramp(SMALL, rank + 1);
                      group.sum(1, buffer, SMALL);
                      assertThat(Buffers.difference(Buffers.rampSum(SMALL, worldSize), buffer))
                          .isEqualTo("none");
                      return rank == 1 ? null : failureOf(group, 2);
                    }
                  });
      outcomes.remove(1);
      assertThat(outcomes)
          .allSatisfy(
              outcome ->
                  assertThat(outcome.orFail())
                      .isInstanceOf(CollectiveException.PeerLost.class)
                      .hasMessageContaining("rank 1 at memory:1 was lost")
                      .hasMessageContaining("in update 2"));
    }
  }

  @Test
  void timesAreSplitIntoWaitingForThePeerAndTheRest() {
    MemoryRing ring = new MemoryRing(2, 1000, 1);
    List<Ranks.Outcome<ReduceTiming>> outcomes =
        Ranks.run(
            2,
            rank ->
                () -> {
                  try (AllReduce group = ring.join(rank, SEGMENT_BYTES, PATIENT, () -> false)) {
                    return group.sum(1, Buffers.zeros(SMALL), SMALL);
                  }
                });
    assertThat(outcomes)
        .allSatisfy(
            outcome ->
                assertThat(outcome.orFail().waitNanos() + outcome.orFail().transferNanos())
                    .isPositive()
                    .isLessThanOrEqualTo(outcome.took().toNanos()));
  }

  @Test
  void bufferThatDoesNotFitIsRefusedBeforeAnythingIsSent() {
    AllReduce group = new MemoryRing(2, 10, 1).join(0, 8, PATIENT, () -> false);
    assertThatThrownBy(() -> group.sum(1, Buffers.zeros(SMALL).limit(792), SMALL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the layout is 800 bytes, the buffer has 792");
    assertThatThrownBy(() -> group.sum(1, ByteBuffer.allocate(800), SMALL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a buffer to sum must be direct and writable");
    group.close();
    assertThatThrownBy(() -> group.sum(1, Buffers.zeros(SMALL), SMALL))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the group is closed");
  }

  private static List<CollectiveException> failuresOfSum(MemoryRing ring, int worldSize) {
    List<Ranks.Outcome<CollectiveException>> outcomes =
        Ranks.run(
            worldSize,
            rank ->
                () -> {
                  try (AllReduce group = ring.join(rank, SEGMENT_BYTES, PATIENT, () -> false)) {
                    return failureOf(group, 9);
                  }
                });
    assertThat(outcomes)
        .allSatisfy(outcome -> assertThat(outcome.took()).isLessThan(PATIENT.dividedBy(4)));
    return outcomes.stream().map(Ranks.Outcome::orFail).toList();
  }

  private static CollectiveException failureOf(AllReduce group, long update) {
    try {
      group.sum(update, Buffers.zeros(SMALL), SMALL);
      throw new AssertionError("the sum did not fail");
    } catch (CollectiveException failure) {
      return failure;
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.schedules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Schedules of all ranks fit together, for every world size. */
class ScheduleTest {

  private static final int SEGMENT_BYTES = 64;

  @Property(tries = 300)
  void whatOneEndSendsIsWhatTheOtherExpectsInTheSameOrder(
      @ForAll Algorithm algorithm,
      @ForAll @IntRange(min = 2, max = 33) int worldSize,
      @ForAll @IntRange(max = 40) int units) {
    List<Schedule> ranks = schedules(algorithm, worldSize, units * 8);
    for (int from = 0; from < worldSize; from++) {
      for (int to = 0; to < worldSize; to++) {
        assertThat(between(sent(ranks.get(from)), to, from))
            .isEqualTo(between(received(ranks.get(to)), from, from));
      }
    }
  }

  @Property(tries = 300)
  void everyMessageBecomesDueWithoutWaitingForItself(
      @ForAll Algorithm algorithm,
      @ForAll @IntRange(min = 2, max = 33) int worldSize,
      @ForAll @IntRange(max = 40) int units) {
    List<Schedule> ranks = schedules(algorithm, worldSize, units * 8);
    int[] sent = new int[worldSize];
    int[] received = new int[worldSize];
    boolean moved = true;
    while (moved) {
      moved = false;
      for (int rank = 0; rank < worldSize; rank++) {
        Schedule schedule = ranks.get(rank);
        if (sent[rank] < schedule.sends()
            && schedule.receivedBefore(sent[rank]) <= received[rank]) {
          sent[rank]++;
          moved = true;
        }
        if (received[rank] < schedule.receives()
            && schedule.sentBefore(received[rank]) <= sent[rank]
            && isOnItsWay(ranks, sent, rank, received[rank])) {
          received[rank]++;
          moved = true;
        }
      }
    }
    for (int rank = 0; rank < worldSize; rank++) {
      assertThat(sent[rank]).isEqualTo(ranks.get(rank).sends());
      assertThat(received[rank]).isEqualTo(ranks.get(rank).receives());
    }
  }

  private static boolean isOnItsWay(List<Schedule> ranks, int[] sent, int rank, int message) {
    Transfer due = ranks.get(rank).received(message);
    return IntStream.range(0, sent[due.partner()])
        .mapToObj(ranks.get(due.partner())::sent)
        .anyMatch(
            transfer -> named(transfer, 0).equals(named(due, 0)) && transfer.partner() == rank);
  }

  @Test
  void targetsAreTheNextInTheRingAndThoseThatDifferInOneBit() {
    assertThat(AlgorithmChoice.targets(2, 0)).containsExactly(1);
    assertThat(AlgorithmChoice.targets(3, 2)).containsExactly(0);
    assertThat(AlgorithmChoice.targets(8, 0)).containsExactly(1, 2, 4);
    assertThat(AlgorithmChoice.sources(8, 0)).containsExactly(1, 2, 4, 7);
    assertThat(AlgorithmChoice.targets(6, 1)).containsExactly(0, 2, 3, 5);
    assertThat(AlgorithmChoice.sources(6, 5)).containsExactly(1, 4);
    for (int worldSize = 2; worldSize < 40; worldSize++) {
      for (int rank = 0; rank < worldSize; rank++) {
        for (int target : AlgorithmChoice.targets(worldSize, rank)) {
          assertThat(target).isNotEqualTo(rank);
          assertThat(AlgorithmChoice.sources(worldSize, target)).contains(rank);
        }
      }
    }
  }

  @Test
  void smallBuffersAndManyRanksGoByDoublingAndLargeBuffersRound() {
    AlgorithmChoice choice = AlgorithmChoice.cheapest();
    for (int worldSize : new int[] {2, 3, 4, 7, 8, 64}) {
      assertThat(choice.of(1024, worldSize)).isEqualTo(Algorithm.DOUBLING);
      assertThat(choice.of(100 << 20, worldSize)).isEqualTo(Algorithm.RING);
    }
    assertThat(choice.of(1 << 20, 4)).isEqualTo(Algorithm.RING);
    assertThat(choice.of(1 << 20, 64)).isEqualTo(Algorithm.DOUBLING);
  }

  @Test
  void roundIsCutIntoTwoSegmentsAtLeastUnlessItIsShort() {
    assertThat(Segments.count(0, SEGMENT_BYTES)).isEqualTo(1);
    assertThat(Segments.count(8, SEGMENT_BYTES)).isEqualTo(1);
    assertThat(Segments.count(SEGMENT_BYTES / 2 - 8, SEGMENT_BYTES)).isEqualTo(1);
    assertThat(Segments.count(SEGMENT_BYTES / 2, SEGMENT_BYTES)).isEqualTo(2);
    assertThat(Segments.count(SEGMENT_BYTES, SEGMENT_BYTES)).isEqualTo(2);
    assertThat(Segments.count(2 * SEGMENT_BYTES, SEGMENT_BYTES)).isEqualTo(2);
    assertThat(Segments.count(2 * SEGMENT_BYTES + 8, SEGMENT_BYTES)).isEqualTo(3);
  }

  private static List<Schedule> schedules(Algorithm algorithm, int worldSize, int sizeBytes) {
    return IntStream.range(0, worldSize)
        .mapToObj(rank -> algorithm.schedule(sizeBytes, worldSize, rank, SEGMENT_BYTES))
        .toList();
  }

  private static List<Transfer> sent(Schedule schedule) {
    return IntStream.range(0, schedule.sends()).mapToObj(schedule::sent).toList();
  }

  private static List<Transfer> received(Schedule schedule) {
    return IntStream.range(0, schedule.receives()).mapToObj(schedule::received).toList();
  }

  private static List<Transfer> between(List<Transfer> all, int partner, int name) {
    List<Transfer> some = new ArrayList<>();
    for (Transfer transfer : all) {
      assertThat(transfer.lengthBytes()).isLessThanOrEqualTo(SEGMENT_BYTES);
      if (transfer.partner() == partner) {
        some.add(named(transfer, name));
      }
    }
    return some;
  }

  private static Transfer named(Transfer transfer, int name) {
    return new Transfer(
        name,
        transfer.phase(),
        transfer.round(),
        transfer.segment(),
        transfer.startBytes(),
        transfer.lengthBytes());
  }
}

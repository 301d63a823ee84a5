/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.Buffers;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.ElementType;
import io.cairn.collective.Ranks;
import io.cairn.collective.link.memory.HostShare;
import io.cairn.collective.link.tls.TlsLibrary;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the other ranks see when one of them closes, stalls, strays or gives up, over real sockets
 * and over memory that ranks share.
 */
@ParameterizedClass
@EnumSource(LoopbackFailureTest.Medium.class)
class LoopbackFailureTest {

  /** What numbers travel through. */
  enum Medium {
    PLAIN,
    TLS,
    TLS_BY_THE_JDK,
    MEMORY
  }

  @Parameter Medium medium;

  @TempDir Path directory;

  private static final Duration AT_ONCE = Duration.ofSeconds(8);
  private static final BufferLayout LAYOUT = Buffers.layout(2_000_000, ElementType.FLOAT32);

  private LoopbackRing ring(int worldSize, Duration deadline) throws IOException {
    return switch (medium) {
      case PLAIN -> new LoopbackRing(worldSize, Protection.PLAIN, deadline);
      case TLS -> new LoopbackRing(worldSize, TlsLibrary.BORINGSSL, deadline);
      case TLS_BY_THE_JDK -> new LoopbackRing(worldSize, TlsLibrary.JDK, deadline);
      case MEMORY -> {
        HostShare share = new HostShare("this host", List.of(directory.toString()));
        yield new LoopbackRing(
            Protection.TLS, deadline, Collections.nCopies(worldSize, Optional.of(share)));
      }
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void closedPeerFailsAllOthersAtOnceNamingIt(int worldSize) throws IOException {
    try (LoopbackRing ring = ring(worldSize, LoopbackRing.PATIENT)) {
      List<Ranks.Outcome<CollectiveException>> outcomes =
          ring.play(
              (rank, group) -> {
                group.sum(1, Buffers.zeros(LAYOUT), LAYOUT);
                return rank == 1 ? null : failureOf(group, 2);
              });
      outcomes.remove(1);
      assertThat(outcomes)
          .allSatisfy(
              outcome -> {
                assertThat(outcome.orFail())
                    .isInstanceOf(CollectiveException.PeerLost.class)
                    .hasMessageStartingWith("rank 1 at 127.0.0.1:" + port(ring, 1) + " was lost")
                    .hasMessageContaining("in update 2");
                assertThat(outcome.took()).isLessThan(AT_ONCE);
              });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void silentPeerIsNamedByAllOthersAfterTheDeadlineAndNotBefore(int worldSize) throws IOException {
    Duration deadline = Duration.ofMillis(800);
    CountDownLatch othersDone = new CountDownLatch(worldSize - 1);
    try (LoopbackRing ring = ring(worldSize, deadline)) {
      List<Ranks.Outcome<CollectiveException>> outcomes =
          ring.play(
              (rank, group) -> {
                if (rank == 1) {
                  othersDone.await();
                  return null;
                }
                try {
                  return failureOf(group, 5);
                } finally {
                  othersDone.countDown();
                }
              });
      outcomes.remove(1);
      assertThat(outcomes)
          .allSatisfy(
              outcome -> {
                assertThat(outcome.orFail())
                    .isInstanceOf(CollectiveException.PeerSilent.class)
                    .hasMessageStartingWith("rank 1 at 127.0.0.1:" + port(ring, 1))
                    .hasMessageContaining("(the limit is 800 ms), in update 5 (reduce-scatter, ")
                    .hasMessageMatching(".* bytes so far\\), after \\d+ ms.*");
                assertThat(outcome.orFail().waited()).isBetween(deadline, deadline.multipliedBy(2));
                assertThat(outcome.took()).isGreaterThan(deadline).isLessThan(AT_ONCE);
              });
    }
  }

  @Test
  void ranksAtDifferentUpdatesAreOutOfStep() throws IOException {
    try (LoopbackRing ring = ring(3, LoopbackRing.PATIENT)) {
      List<Ranks.Outcome<CollectiveException>> outcomes =
          ring.play((rank, group) -> failureOf(group, rank == 1 ? 8 : 7));
      // Two pairs of neighbours disagree, so there are two first causes to report.
      String sent = "rank [01] at \\S+ is out of step: it sent group 4711, update [78],";
      String due =
          ".* instead of group 4711, update [78], sum 1, reduce-scatter round 0, segment 0 .*";
      assertThat(outcomes)
          .allSatisfy(
              outcome ->
                  assertThat(outcome.orFail())
                      .isInstanceOf(CollectiveException.OutOfStep.class)
                      .hasMessageMatching(sent + due));
      assertThat(outcomes.get(2).orFail().update())
          .isEqualTo(outcomes.get(2).orFail().rank() == 0 ? 8 : 7);
    }
  }

  @Test
  void differentLayoutsAreOutOfStepAndNameBothSizes() throws IOException {
    try (LoopbackRing ring = ring(2, LoopbackRing.PATIENT)) {
      List<Ranks.Outcome<CollectiveException>> outcomes =
          ring.play(
              (rank, group) -> failureOf(group, 1, Buffers.layout(10 + rank, ElementType.INT64)));
      assertThat(outcomes)
          .allSatisfy(
              outcome ->
                  assertThat(outcome.orFail())
                      .isInstanceOf(CollectiveException.OutOfStep.class)
                      .hasMessageContaining("layout of 80 bytes")
                      .hasMessageContaining("layout of 88 bytes"));
    }
  }

  @Test
  void layoutsOfTheSameSizeButOtherTypesAreOutOfStep() throws IOException {
    BufferLayout doubles = BufferLayout.of(new Section(ElementType.FLOAT64, 4));
    BufferLayout longs = BufferLayout.of(new Section(ElementType.INT64, 4));
    try (LoopbackRing ring = ring(2, LoopbackRing.PATIENT)) {
      assertThat(ring.play((rank, group) -> failureOf(group, 1, rank == 0 ? doubles : longs)))
          .allSatisfy(
              outcome ->
                  assertThat(outcome.orFail())
                      .isInstanceOf(CollectiveException.OutOfStep.class)
                      .hasMessageContaining("digest"));
    }
  }

  @Test
  void cancelledRankStopsAtOnceAndAllOthersReportItEvenOneThatComesLate() throws IOException {
    AtomicBoolean cancelled = new AtomicBoolean();
    CountDownLatch firstDone = new CountDownLatch(3);
    CountDownLatch othersFailed = new CountDownLatch(2);
    try (LoopbackRing ring = ring(3, LoopbackRing.PATIENT)) {
      List<Ranks.Outcome<CollectiveException>> outcomes =
          Ranks.run(
              3,
              rank ->
                  () -> {
                    RingMembership membership =
                        ring.membership(rank, () -> rank == 0 && cancelled.get());
                    try (AllReduce group = ring.endpoint(rank).connect(membership)) {
                      group.sum(1, Buffers.zeros(LAYOUT), LAYOUT);
                      firstDone.countDown();
                      if (rank == 2) {
                        firstDone.await();
                        cancelled.set(true);
                        othersFailed.await();
                      }
                      CollectiveException failure = failureOf(group, 2);
                      othersFailed.countDown();
                      return failure;
                    }
                  });
      assertThat(outcomes)
          .allSatisfy(
              outcome -> {
                assertThat(outcome.orFail())
                    .isInstanceOf(CollectiveException.Cancelled.class)
                    .hasMessageStartingWith("rank 0 at 127.0.0.1:" + port(ring, 0))
                    .hasMessageContaining(" was cancelled, in update 2");
                assertThat(outcome.took()).isLessThan(AT_ONCE);
              });
      assertThat(outcomes.get(0).orFail().isForwarded()).isFalse();
      assertThat(outcomes.get(1).orFail().isForwarded()).isTrue();
      assertThat(outcomes.get(2).orFail().isForwarded()).isTrue();
    }
  }

  @Test
  void interruptedRankStopsAtOnceStillInterruptedAndTheOthersAreTold() throws IOException {
    try (LoopbackRing ring = ring(3, LoopbackRing.PATIENT)) {
      List<Ranks.Outcome<CollectiveException>> outcomes =
          ring.play(
              (rank, group) -> {
                if (rank == 1) {
                  Thread.currentThread().interrupt();
                }
                CollectiveException failure = failureOf(group, 1);
                assertThat(Thread.interrupted()).isEqualTo(rank == 1);
                return failure;
              });
      assertThat(outcomes)
          .allSatisfy(
              outcome -> {
                assertThat(outcome.orFail())
                    .isInstanceOf(CollectiveException.Cancelled.class)
                    .hasMessageContaining("rank 1 at ")
                    .hasMessageContaining("was interrupted");
                assertThat(outcome.took()).isLessThan(AT_ONCE);
              });
    }
  }

  private static int port(LoopbackRing ring, int rank) {
    return ring.endpoint(rank).address().getPort();
  }

  private static CollectiveException failureOf(AllReduce group, long update) {
    return failureOf(group, update, LAYOUT);
  }

  private static CollectiveException failureOf(AllReduce group, long update, BufferLayout layout) {
    try {
      group.sum(update, Buffers.zeros(layout), layout);
      throw new AssertionError("the sum did not fail");
    } catch (CollectiveException failure) {
      return failure;
    }
  }
}

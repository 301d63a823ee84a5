/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.cairn.collective.RingMember.Payload;
import io.cairn.collective.RingProcesses.Kind;
import io.cairn.collective.link.Protection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The all-reduce between processes: what a test inside one process cannot show. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RingProcessesIT {

  @TempDir Path directory;

  private static final Duration PATIENT = Duration.ofSeconds(30);
  private static final Duration DEADLINE = Duration.ofMillis(1500);
  private static final Duration AT_ONCE = Duration.ofSeconds(1);
  private static final long FOREVER = Long.MAX_VALUE;

  /** A small and a large one; all of them together are heavy. */
  static Stream<Kind> some() {
    return Stream.of(
        new Kind(Protection.TLS, 2, Payload.SMALL),
        new Kind(Protection.TLS, 3, Payload.MANY_SEGMENTS));
  }

  static Stream<Kind> all() {
    return Stream.of(Protection.values())
        .flatMap(
            protection ->
                IntStream.rangeClosed(2, 4)
                    .boxed()
                    .flatMap(
                        world ->
                            Stream.of(Payload.values())
                                .map(payload -> new Kind(protection, world, payload))));
  }

  /** Rings whose ranks share memory, here. */
  private Stream<Kind> inMemory() {
    return Stream.of(
        new Kind(Protection.TLS, 2, Payload.MANY_SEGMENTS, Optional.of(directory)),
        new Kind(Protection.PLAIN, 4, Payload.SMALL, Optional.of(directory)),
        new Kind(Protection.TLS, 3, Payload.MEDIUM, Optional.of(directory)));
  }

  @TestFactory
  Stream<DynamicTest> memoryChangesNothingOfThis() {
    return memory(inMemory().limit(1));
  }

  @TestFactory
  @Tag("heavy")
  Stream<DynamicTest> memoryChangesNothingInEveryRing() {
    return memory(inMemory().skip(1));
  }

  private Stream<DynamicTest> memory(Stream<Kind> kinds) {
    return kinds.flatMap(
        kind ->
            Stream.of(
                dynamicTest(
                    "killed, " + kind,
                    () -> {
                      killedProcessEndsAllOthersWithinASecondNamingIt(kind);
                      assertThat(directory).isEmptyDirectory();
                    }),
                dynamicTest(
                    "stopped, " + kind,
                    () -> {
                      stoppedProcessIsSilentToAllOthersAtTheDeadlineAndNotBefore(kind);
                      assertThat(directory).isEmptyDirectory();
                    })));
  }

  @Test
  void memoryAndConnectionsGiveTheSameBits() throws IOException {
    Kind connections = new Kind(Protection.PLAIN, 3, Payload.MANY_SEGMENTS);
    Kind memory = new Kind(Protection.TLS, 3, Payload.MANY_SEGMENTS, Optional.of(directory));
    try (RingProcesses one = new RingProcesses(connections, 5, PATIENT);
        RingProcesses other = new RingProcesses(memory, 5, PATIENT)) {
      assertThat(other.rest(0)).hasSize(5).isEqualTo(one.rest(0));
    }
  }

  @ParameterizedTest
  @EnumSource(Protection.class)
  void processesComputeTheSameBitsAndLeaveInPeace(Protection protection)
      throws IOException, InterruptedException {
    int updates = 20;
    Kind kind = new Kind(protection, 3, Payload.MANY_SEGMENTS);
    try (RingProcesses ring = new RingProcesses(kind, updates, PATIENT)) {
      List<List<String>> outputs = IntStream.range(0, 3).mapToObj(ring::rest).toList();
      assertThat(outputs.get(0))
          .hasSize(updates)
          .allSatisfy(line -> assertThat(line).contains(" ranks=6 crc="));
      assertThat(outputs.get(1)).isEqualTo(outputs.get(0));
      assertThat(outputs.get(2)).isEqualTo(outputs.get(0));
      for (int rank = 0; rank < 3; rank++) {
        assertThat(ring.process(rank).waitFor()).isEqualTo(RingMember.DONE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("some")
  void killedProcessEndsAllOthersWithinASecondNamingIt(Kind kind)
      throws IOException, InterruptedException {
    int victim = kind.worldSize() / 2;
    try (RingProcesses ring = new RingProcesses(kind, FOREVER, PATIENT)) {
      awaitFirstUpdate(ring, kind);
      long killed = System.nanoTime();
      ring.process(victim).destroyForcibly();
      awaitEnd(ring, kind, victim, "BROKEN PeerLost rank %d at %s was lost: ");
      assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(AT_ONCE);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  @Tag("heavy")
  void killedProcessEndsAllOthersInEveryRing(Kind kind) throws IOException, InterruptedException {
    killedProcessEndsAllOthersWithinASecondNamingIt(kind);
  }

  @ParameterizedTest
  @MethodSource("some")
  void stoppedProcessIsSilentToAllOthersAtTheDeadlineAndNotBefore(Kind kind)
      throws IOException, InterruptedException {
    int victim = kind.worldSize() / 2;
    try (RingProcesses ring = new RingProcesses(kind, FOREVER, DEADLINE)) {
      awaitFirstUpdate(ring, kind);
      long stopping = System.nanoTime();
      ring.stop(victim);
      awaitEnd(ring, kind, victim, "BROKEN PeerSilent rank %d at %s ");
      assertThat(Duration.ofNanos(System.nanoTime() - stopping))
          .isBetween(DEADLINE.dividedBy(2), DEADLINE.plus(AT_ONCE));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  @Tag("heavy")
  void stoppedProcessIsSilentInEveryRing(Kind kind) throws IOException, InterruptedException {
    stoppedProcessIsSilentToAllOthersAtTheDeadlineAndNotBefore(kind);
  }

  private static void awaitFirstUpdate(RingProcesses ring, Kind kind) {
    for (int rank = 0; rank < kind.worldSize(); rank++) {
      assertThat(ring.line(rank))
          .hasValueSatisfying(line -> assertThat(line).startsWith("UPDATE 1 "));
    }
  }

  /** All but the victim end with that failure, which names the victim. */
  private static void awaitEnd(RingProcesses ring, Kind kind, int victim, String failure)
      throws InterruptedException {
    for (int rank = 0; rank < kind.worldSize(); rank++) {
      if (rank != victim) {
        List<String> rest = ring.rest(rank);
        assertThat(rest.get(rest.size() - 1))
            .startsWith(String.format(failure, victim, ring.address(victim)))
            .contains(", in update ");
        assertThat(ring.process(rank).waitFor()).isEqualTo(RingMember.BROKEN);
      }
    }
  }
}

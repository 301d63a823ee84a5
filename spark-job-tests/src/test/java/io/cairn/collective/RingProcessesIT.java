/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.cairn.collective.RingMember.Payload;
import io.cairn.collective.RingProcesses.RingShape;
import io.cairn.collective.link.membership.Protection;
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
  static Stream<RingShape> some() {
    return Stream.of(
        new RingShape(Protection.TLS, 2, Payload.SMALL),
        new RingShape(Protection.TLS, 3, Payload.MANY_SEGMENTS));
  }

  static Stream<RingShape> all() {
    return Stream.of(Protection.values())
        .flatMap(
            protection ->
                IntStream.rangeClosed(2, 4)
                    .boxed()
                    .flatMap(
                        world ->
                            Stream.of(Payload.values())
                                .map(payload -> new RingShape(protection, world, payload))));
  }

  /** Rings whose ranks share memory, here. */
  private Stream<RingShape> inMemory() {
    return Stream.of(
        new RingShape(Protection.TLS, 2, Payload.MANY_SEGMENTS, Optional.of(directory)),
        new RingShape(Protection.PLAIN, 4, Payload.SMALL, Optional.of(directory)),
        new RingShape(Protection.TLS, 3, Payload.MEDIUM, Optional.of(directory)));
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

  private Stream<DynamicTest> memory(Stream<RingShape> shapes) {
    return shapes.flatMap(
        shape ->
            Stream.of(
                dynamicTest(
                    "killed, " + shape,
                    () -> {
                      killedProcessEndsAllOthersWithinASecondNamingIt(shape);
                      assertThat(directory).isEmptyDirectory();
                    }),
                dynamicTest(
                    "stopped, " + shape,
                    () -> {
                      stoppedProcessIsSilentToAllOthersAtTheDeadlineAndNotBefore(shape);
                      assertThat(directory).isEmptyDirectory();
                    })));
  }

  @Test
  void memoryAndConnectionsGiveTheSameBits() throws IOException {
    RingShape connections = new RingShape(Protection.PLAIN, 3, Payload.MANY_SEGMENTS);
    RingShape memory =
        new RingShape(Protection.TLS, 3, Payload.MANY_SEGMENTS, Optional.of(directory));
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
    RingShape shape = new RingShape(protection, 3, Payload.MANY_SEGMENTS);
    try (RingProcesses ring = new RingProcesses(shape, updates, PATIENT)) {
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
  void killedProcessEndsAllOthersWithinASecondNamingIt(RingShape shape)
      throws IOException, InterruptedException {
    int victim = shape.worldSize() / 2;
    try (RingProcesses ring = new RingProcesses(shape, FOREVER, PATIENT)) {
      awaitFirstUpdate(ring, shape);
      long killed = System.nanoTime();
      ring.process(victim).destroyForcibly();
      awaitEnd(ring, shape, victim, "BROKEN PeerLost rank %d at %s was lost: ");
      assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(AT_ONCE);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  @Tag("heavy")
  void killedProcessEndsAllOthersInEveryRing(RingShape shape)
      throws IOException, InterruptedException {
    killedProcessEndsAllOthersWithinASecondNamingIt(shape);
  }

  @ParameterizedTest
  @MethodSource("some")
  void stoppedProcessIsSilentToAllOthersAtTheDeadlineAndNotBefore(RingShape shape)
      throws IOException, InterruptedException {
    int victim = shape.worldSize() / 2;
    try (RingProcesses ring = new RingProcesses(shape, FOREVER, DEADLINE)) {
      awaitFirstUpdate(ring, shape);
      long stopping = System.nanoTime();
      ring.stop(victim);
      awaitEnd(ring, shape, victim, "BROKEN PeerSilent rank %d at %s ");
      assertThat(Duration.ofNanos(System.nanoTime() - stopping))
          .isBetween(DEADLINE.dividedBy(2), DEADLINE.plus(AT_ONCE));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  @Tag("soak")
  void stoppedProcessIsSilentInEveryRing(RingShape shape) throws IOException, InterruptedException {
    stoppedProcessIsSilentToAllOthersAtTheDeadlineAndNotBefore(shape);
  }

  private static void awaitFirstUpdate(RingProcesses ring, RingShape shape) {
    for (int rank = 0; rank < shape.worldSize(); rank++) {
      assertThat(ring.line(rank))
          .hasValueSatisfying(line -> assertThat(line).startsWith("UPDATE 1 "));
    }
  }

  /** All but the victim end with that failure, which names the victim. */
  private static void awaitEnd(RingProcesses ring, RingShape shape, int victim, String failure)
      throws InterruptedException {
    for (int rank = 0; rank < shape.worldSize(); rank++) {
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

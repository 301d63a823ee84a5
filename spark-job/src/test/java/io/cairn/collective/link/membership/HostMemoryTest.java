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
import io.cairn.collective.link.memory.SharedMapping;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sums through memory: the same bits as over connections, nothing left behind. The same failures
 * are in {@link LoopbackFailureTest}. Ranks are threads here, which makes no difference to memory
 * that is mapped twice.
 */
class HostMemoryTest {

  private static final BufferLayout LARGE = Buffers.layout(2_000_000, ElementType.FLOAT32);

  @TempDir Path directory;

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertThat(directory).isEmptyDirectory();
    assertThat(SharedMapping.in(directory)).isEmpty();
  }

  /** A ring on hosts named by letters, each with memory of its own; a dot shares nothing. */
  private LoopbackRing ring(String hosts, Protection protection, Duration timeout)
      throws IOException {
    List<Optional<HostShare>> shares =
        hosts
            .chars()
            .mapToObj(
                host ->
                    host == '.'
                        ? Optional.<HostShare>empty()
                        : Optional.of(
                            new HostShare(Character.toString(host), List.of(directory.toString()))))
            .toList();
    return new LoopbackRing(protection, timeout, shares);
  }

  private LoopbackRing ring(String hosts) throws IOException {
    return ring(hosts, Protection.PLAIN, LoopbackRing.PATIENT);
  }

  private LoopbackRing ring(int worldSize, Duration timeout) throws IOException {
    return ring("a".repeat(worldSize), Protection.TLS, timeout);
  }

  private static List<ByteBuffer> sums(LoopbackRing ring, List<BufferLayout> layouts) {
    List<Ranks.Outcome<ByteBuffer>> outcomes =
        ring.play(
            (rank, group) -> {
              ByteBuffer all =
                  ByteBuffer.allocate(layouts.stream().mapToInt(BufferLayout::sizeBytes).sum());
              long update = 0;
              for (BufferLayout layout : layouts) {
                ByteBuffer buffer = Buffers.random(layout, rank);
                group.sum(update++, buffer, layout);
                all.put(buffer.duplicate());
              }
              return all.flip();
            });
    return outcomes.stream().map(Ranks.Outcome::orFail).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void memoryAndConnectionsGiveTheSameBits(int worldSize) throws IOException {
    List<BufferLayout> layouts = new ArrayList<>();
    for (long count : List.of(0L, 1L, worldSize - 1L, 1001L, 300_007L)) {
      for (ElementType type : ElementType.values()) {
        layouts.add(Buffers.layout(count, type));
      }
      layouts.add(Buffers.layout(count, ElementType.values()));
    }
    List<ByteBuffer> overConnections;
    try (LoopbackRing ring = ring(".".repeat(worldSize))) {
      overConnections = sums(ring, layouts);
    }
    try (LoopbackRing ring = ring("a".repeat(worldSize))) {
      assertThat(sums(ring, layouts))
          .allSatisfy(
              sum -> assertThat(Buffers.difference(overConnections.get(0), sum)).isEqualTo("none"));
    }
  }

  @ParameterizedTest
  @CsvSource({"abab", "abba", "aabb", "a.a.", ".aa.a", "ababc", "abcba"})
  void ranksInAnyGroupsHaveTheSameBitsAndTheRightSum(String hosts) throws IOException {
    int worldSize = hosts.length();
    BufferLayout layout =
        BufferLayout.of(
            new Section(ElementType.FLOAT32, 200_011),
            new Section(ElementType.INT64, 5),
            new Section(ElementType.FLOAT64, 10_001));
    try (LoopbackRing ring = ring(hosts)) {
      List<ByteBuffer> random = sums(ring, List.of(layout));
      assertThat(random)
          .allSatisfy(sum -> assertThat(Buffers.difference(random.get(0), sum)).isEqualTo("none"));
    }
    try (LoopbackRing ring = ring(hosts)) {
      ring.<Boolean>play(
              (rank, group) -> {
                assertThat(group.rank()).isEqualTo(rank);
                ByteBuffer buffer = Buffers.ramp(layout, rank + 1);
                group.sum(1, buffer, layout);
                assertThat(Buffers.difference(Buffers.rampSum(layout, worldSize), buffer))
                    .isEqualTo("none");
                return true;
              })
          .forEach(Ranks.Outcome::orFail);
    }
  }

  @Test
  void bitsAreThoseOfTheRanksOrderUnlessHostsInterleave() throws IOException {
    List<BufferLayout> layouts = List.of(Buffers.layout(100_003, ElementType.FLOAT32));
    List<ByteBuffer> sums = new ArrayList<>();
    for (String hosts : List.of("....", "aaaa", "aabb", ".aa.", "abab")) {
      try (LoopbackRing ring = ring(hosts)) {
        sums.add(sums(ring, layouts).get(0));
      }
    }
    for (int i = 1; i < 4; i++) {
      assertThat(Buffers.difference(sums.get(0), sums.get(i))).isEqualTo("none");
    }
    assertThat(Buffers.difference(sums.get(0), sums.get(4))).isNotEqualTo("none");
  }

  @Test
  void ranksThatDoNotSeeEachOthersFilesUseTheirConnections() throws IOException {
    List<Path> places = new ArrayList<>();
    List<Optional<HostShare>> shares = new ArrayList<>();
    for (String container : List.of("one", "two", "three")) {
      places.add(directory.resolve(container));
      // Announced, but in another container: here it does not even exist.
      shares.add(Optional.of(new HostShare("kernel", List.of(places.get(0).toString()))));
    }
    try (LoopbackRing ring = new LoopbackRing(Protection.TLS, LoopbackRing.PATIENT, shares)) {
      List<ByteBuffer> sums = sums(ring, List.of(LARGE));
      assertThat(sums)
          .allSatisfy(sum -> assertThat(Buffers.difference(sums.get(0), sum)).isEqualTo("none"));
    }
  }

  @Test
  void theFileIsGoneAndMappedOnceEveryoneIsConnected() throws IOException {
    try (LoopbackRing ring = ring(2, LoopbackRing.PATIENT)) {
      ring.<Boolean>play(
              (rank, group) -> {
                assertThat(directory).isEmptyDirectory();
                assertThat(SharedMapping.in(directory)).hasSizeGreaterThanOrEqualTo(2);
                group.sum(1, Buffers.zeros(LARGE), LARGE);
                group.sum(2, Buffers.zeros(LARGE), LARGE);
                return true;
              })
          .forEach(Ranks.Outcome::orFail);
    }
  }

  @Test
  void hundredsOfGroupsLeaveNothingBehind() throws IOException {
    BufferLayout layout = Buffers.layout(40_000, ElementType.FLOAT32);
    Leaks leaks = null;
    for (int i = 0; i < 220; i++) {
      if (i == 20) {
        leaks = new Leaks();
      }
      int worldSize = 2 + i % 3;
      try (LoopbackRing ring = ring("aab.".substring(0, worldSize))) {
        ring.<Boolean>play(
                (rank, group) -> {
                  ByteBuffer buffer = Buffers.ramp(layout, rank + 1);
                  group.sum(1, buffer, layout);
                  assertThat(Buffers.difference(Buffers.rampSum(layout, worldSize), buffer))
                      .isEqualTo("none");
                  return true;
                })
            .forEach(Ranks.Outcome::orFail);
      }
      nothingIsLeft();
    }
    leaks.assertNone();
  }

  @Test
  void headersDamagedInMemoryAreNoticed() throws IOException {
    try (LoopbackRing ring = ring(2, LoopbackRing.PATIENT)) {
      List<Ranks.Outcome<CollectiveException>> outcomes =
          ring.play(
              (rank, group) -> {
                if (rank == 1) {
                  damageAHeader();
                }
                return failureOf(group, 1);
              });
      assertThat(outcomes)
          .allSatisfy(
              outcome ->
                  assertThat(outcome.orFail())
                      .isInstanceOf(CollectiveException.Corrupt.class)
                      .hasMessageStartingWith("rank 0 at 127.0.0.1:")
                      .hasMessageContaining("sent a message header that does not verify"));
    }
  }

  /** Waits until some ring has a message that nobody has read, and flips a byte of its header. */
  private void damageAHeader() throws IOException {
    while (true) {
      // Both ends are mapped here: flipped in both, a byte is what it was.
      for (SharedMapping mapping : SharedMapping.in(directory)) {
        if (mapping.readLong(SharedMapping.FORWARD_CONTROL) > 4096) {
          mapping.flipByte(SharedMapping.FORWARD_RING + 20);
          return;
        }
      }
      Thread.onSpinWait();
    }
  }

  @Test
  void aHostIsTheRunningSystemAndPlacesAreReal() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
    HostShare share = HostShare.of(link).orElseThrow();
    Files.delete(link);
    assertThat(share.host()).isEqualTo(HostShare.of(directory).orElseThrow().host()).isNotBlank();
    assertThat(share.places()).endsWith(directory.toRealPath().toString()).hasSizeLessThan(3);
  }

  private static CollectiveException failureOf(AllReduce group, long update) {
    try {
      group.sum(update, Buffers.zeros(LARGE), LARGE);
      throw new AssertionError("the sum did not fail");
    } catch (CollectiveException failure) {
      return failure;
    }
  }
}

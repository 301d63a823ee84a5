/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.Buffers;
import io.cairn.collective.ElementType;
import io.cairn.collective.Ranks;
import io.cairn.collective.group.GroupOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums over real sockets: right, the same everywhere, and without leaving anything behind. */
@ParameterizedClass
@EnumSource(Protection.class)
class LoopbackSumTest {

  @Parameter Protection protection;

  private static final long SEGMENT_FLOATS = GroupOptions.DEFAULT_SEGMENT_BYTES / Float.BYTES;

  static Stream<Integer> worldSizes() {
    return IntStream.rangeClosed(1, 5).boxed();
  }

  private static List<BufferLayout> layouts(int worldSize) {
    List<BufferLayout> layouts = new ArrayList<>();
    LongStream.of(0, 1, Math.max(0, worldSize - 1), worldSize, 1001, 3 * SEGMENT_FLOATS + 7)
        .distinct()
        .forEach(
            count -> {
              for (ElementType type : ElementType.values()) {
                layouts.add(Buffers.layout(count, type));
              }
              layouts.add(Buffers.layout(count, ElementType.values()));
            });
    layouts.add(Buffers.layout(worldSize * 4L * SEGMENT_FLOATS + 1, ElementType.FLOAT32));
    layouts.add(BufferLayout.of());
    return layouts;
  }

  @ParameterizedTest
  @MethodSource("worldSizes")
  void sumsOfEveryTypeAndLengthAreExact(int worldSize) throws IOException {
    try (LoopbackRing ring = new LoopbackRing(worldSize, protection)) {
      ring.<Boolean>play(
              (rank, group) -> {
                assertThat(group.rank()).isEqualTo(rank);
                assertThat(group.worldSize()).isEqualTo(worldSize);
                long update = 0;
                for (BufferLayout layout : layouts(worldSize)) {
                  ByteBuffer buffer = Buffers.ramp(layout, rank + 1);
                  group.sum(update++, buffer, layout);
                  assertThat(Buffers.difference(Buffers.rampSum(layout, worldSize), buffer))
                      .as("world %d, %s, rank %d", worldSize, layout, rank)
                      .isEqualTo("none");
                  assertThat(buffer.position()).isZero();
                  assertThat(buffer.remaining()).isEqualTo(layout.sizeBytes());
                }
                return true;
              })
          .forEach(Ranks.Outcome::orFail);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void randomNumbersGiveTheSameBitsOnAllRanksAndOnEveryRun(int worldSize) throws IOException {
    BufferLayout layout =
        BufferLayout.of(
            new Section(ElementType.FLOAT32, 2L * worldSize * SEGMENT_FLOATS + 11),
            new Section(ElementType.INT64, 5),
            new Section(ElementType.FLOAT64, 10_001));
    List<ByteBuffer> results = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      try (LoopbackRing ring = new LoopbackRing(worldSize, protection)) {
        ring.<ByteBuffer>play(
                (rank, group) -> {
                  ByteBuffer buffer = Buffers.random(layout, rank);
                  group.sum(1, buffer, layout);
                  return buffer;
                })
            .forEach(outcome -> results.add(outcome.orFail()));
      }
    }
    assertThat(results)
        .allSatisfy(
            result -> assertThat(Buffers.difference(results.get(0), result)).isEqualTo("none"));
  }

  @Test
  void bufferInTheMiddleOfALargerOneIsSummedWhereItIs() throws IOException {
    BufferLayout layout = Buffers.layout(3, ElementType.FLOAT64);
    try (LoopbackRing ring = new LoopbackRing(2, protection)) {
      ring.<Boolean>play(
              (rank, group) -> {
                ByteBuffer large = Buffers.zeros(Buffers.layout(5, ElementType.FLOAT64));
                for (int i = 0; i < 5; i++) {
                  large.putDouble(8 * i, 1);
                }
                group.sum(1, large.position(8).limit(32), layout);
                assertThat(large.position()).isEqualTo(8);
                assertThat(large.limit()).isEqualTo(32);
                large.clear();
                assertThat(IntStream.range(0, 5).mapToDouble(i -> large.getDouble(8 * i)))
                    .containsExactly(1.0, 2.0, 2.0, 2.0, 1.0);
                return true;
              })
          .forEach(Ranks.Outcome::orFail);
    }
  }
}

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
import io.cairn.collective.Precision;
import io.cairn.collective.Ranks;
import io.cairn.collective.link.memory.HostShare;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sums that travel as bf16, over each of the ways that bytes go between ranks. */
class RoundedLoopbackTest {

  private static final int NUMBERS = 400_003;
  private static final int ROUNDED_SUMS = 3;

  @TempDir Path directory;

  private enum Way {
    PLAIN(Protection.PLAIN),
    TLS(Protection.TLS),
    MEMORY(Protection.TLS);

    private final Protection protection;

    Way(Protection protection) {
      this.protection = protection;
    }
  }

  static Stream<Arguments> ways() {
    return Stream.of(Way.values())
        .flatMap(way -> Stream.of(2, 3, 4).map(worldSize -> Arguments.of(way, worldSize)));
  }

  private LoopbackRing ring(Way way, int worldSize) throws IOException {
    Optional<HostShare> share =
        way == Way.MEMORY
            ? Optional.of(new HostShare("here", List.of(directory.toString())))
            : Optional.empty();
    return new LoopbackRing(
        way.protection, LoopbackRing.PATIENT, Collections.nCopies(worldSize, share));
  }

  private static BufferLayout layout(Precision precision) {
    return BufferLayout.of(
        new Section(ElementType.INT64, 3),
        new Section(ElementType.FLOAT32, NUMBERS, precision),
        new Section(ElementType.FLOAT64, 1),
        new Section(ElementType.FLOAT32, 5));
  }

  /** Whole numbers, which float32 adds without error: each sum is another, and a little uneven. */
  private static ByteBuffer share(BufferLayout layout, int rank, int sum) {
    return Buffers.ramp(layout, 7L * sum + 3L * rank + 1);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void ranksHaveTheSameBitsAndWhatRoundingLeavesOverArrivesInTheEnd(Way way, int worldSize)
      throws IOException {
    List<List<ByteBuffer>> ranks;
    try (LoopbackRing ring = ring(way, worldSize)) {
      ranks =
          ring
              .<List<ByteBuffer>>play(
                  (rank, group) -> {
                    List<ByteBuffer> sums = new ArrayList<>();
                    for (int sum = 0; sum <= ROUNDED_SUMS; sum++) {
                      BufferLayout layout =
                          layout(sum < ROUNDED_SUMS ? Precision.BF16 : Precision.SETTLED);
                      ByteBuffer buffer = share(layout, rank, sum);
                      group.sum(sum, buffer, layout);
                      sums.add(buffer);
                    }
                    return sums;
                  })
              .stream()
              .map(Ranks.Outcome::orFail)
              .toList();
    }
    BufferLayout layout = layout(Precision.EXACT);
    double[] delivered = new double[NUMBERS];
    double[] exact = new double[NUMBERS];
    boolean rounded = false;
    for (int sum = 0; sum <= ROUNDED_SUMS; sum++) {
      ByteBuffer expected = expected(layout, worldSize, sum);
      ByteBuffer actual = ranks.get(0).get(sum);
      for (List<ByteBuffer> sums : ranks) {
        assertThat(Buffers.difference(actual, sums.get(sum))).isEqualTo("none");
      }
      int start = layout.offsetBytes(1);
      int end = layout.offsetBytes(2);
      assertThat(actual.slice(0, start)).isEqualTo(expected.slice(0, start));
      assertThat(actual.slice(end, actual.limit() - end))
          .isEqualTo(expected.slice(end, actual.limit() - end));
      for (int i = 0; i < NUMBERS; i++) {
        float number = actual.getFloat(start + i * Float.BYTES);
        delivered[i] += number;
        exact[i] += expected.getFloat(start + i * Float.BYTES);
        rounded |= sum < ROUNDED_SUMS && number != expected.getFloat(start + i * Float.BYTES);
      }
    }
    assertThat(rounded).as("something was rounded").isTrue();
    assertThat(delivered).isEqualTo(exact);
  }

  private static ByteBuffer expected(BufferLayout layout, int worldSize, int sum) {
    long factor = 0;
    for (int rank = 0; rank < worldSize; rank++) {
      factor += 7L * sum + 3L * rank + 1;
    }
    return Buffers.ramp(layout, factor);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.Buffers;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.ElementType;
import io.cairn.collective.Ranks;
import io.cairn.collective.link.memory.HostShare;
import io.cairn.collective.link.tls.TlsLibrary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Groups that end, well or badly, leave no buffer, thread, file or socket behind. */
class ManyGroupsTest {

  private static final BufferLayout LAYOUT = Buffers.layout(1000, ElementType.FLOAT32);
  private static final int WARM_UP = 20;
  private static final int BROKEN = 30;

  @TempDir Path directory;

  /** How bytes go. */
  enum Way {
    PLAIN(Protection.PLAIN),
    TLS(Protection.TLS),
    TLS_BY_THE_JDK(Protection.TLS),
    MEMORY(Protection.TLS);

    private final Protection protection;

    Way(Protection protection) {
      this.protection = protection;
    }
  }

  /** Also, a rank that has finished and closes disturbs none that has not. */
  @ParameterizedTest
  @CsvSource({"PLAIN, 100", "TLS, 10", "TLS_BY_THE_JDK, 25", "MEMORY, 10"})
  void nothingIsLeftOfGroupsMadeAndClosed(Way way, int groups) throws IOException {
    makeAndClose(way, WARM_UP);
    Leaks leaks = new Leaks();
    makeAndClose(way, groups);
    leaks.assertNone();
  }

  @ParameterizedTest
  @CsvSource({"PLAIN, 300", "TLS, 100", "TLS_BY_THE_JDK, 100", "MEMORY, 100"})
  @Tag("heavy")
  void nothingIsLeftOfManyMoreGroups(Way way, int groups) throws IOException {
    nothingIsLeftOfGroupsMadeAndClosed(way, groups);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void nothingIsLeftOfGroupsThatFailed(Way way) throws IOException {
    makeAndBreak(way, WARM_UP);
    Leaks leaks = new Leaks();
    makeAndBreak(way, BROKEN);
    leaks.assertNone();
  }

  private void makeAndClose(Way way, int groups) throws IOException {
    for (int i = 0; i < groups; i++) {
      int worldSize = 2 + i % 3;
      try (LoopbackRing ring = ring(way, worldSize)) {
        ring.<String>play(
                (rank, group) -> {
                  ByteBuffer buffer = Buffers.ramp(LAYOUT, rank + 1);
                  group.sum(1, buffer, LAYOUT);
                  return Buffers.difference(Buffers.rampSum(LAYOUT, worldSize), buffer);
                })
            .forEach(outcome -> assertThat(outcome.orFail()).isEqualTo("none"));
      }
    }
  }

  /** One rank leaves, or is in another update: the other has bytes that nobody takes. */
  private void makeAndBreak(Way way, int groups) throws IOException {
    for (int i = 0; i < groups; i++) {
      boolean leaves = i % 2 == 0;
      try (LoopbackRing ring = ring(way, 2)) {
        List<Ranks.Outcome<CollectiveException>> outcomes =
            ring.play((rank, group) -> leaves && rank == 0 ? null : failureOf(group, rank));
        assertThat(outcomes.get(1).orFail())
            .isInstanceOf(
                leaves ? CollectiveException.PeerLost.class : CollectiveException.OutOfStep.class);
      }
    }
  }

  private static CollectiveException failureOf(AllReduce group, long update) {
    try {
      group.sum(update, Buffers.zeros(LAYOUT), LAYOUT);
      throw new AssertionError("the sum did not fail");
    } catch (CollectiveException failure) {
      return failure;
    }
  }

  private LoopbackRing ring(Way way, int worldSize) throws IOException {
    if (way == Way.TLS_BY_THE_JDK) {
      return new LoopbackRing(worldSize, TlsLibrary.JDK);
    }
    Optional<HostShare> share =
        way == Way.MEMORY
            ? Optional.of(new HostShare("test", List.of(directory.toString())))
            : Optional.empty();
    return new LoopbackRing(
        way.protection, LoopbackRing.PATIENT, Collections.nCopies(worldSize, share));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.link.Protection;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The all-reduce between processes: what a test inside one process cannot show. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ParameterizedClass
@EnumSource(Protection.class)
class RingProcessesIT {

  @Parameter Protection protection;

  private static final Duration PATIENT = Duration.ofSeconds(30);
  private static final Duration AT_ONCE = Duration.ofSeconds(5);
  private static final long FOREVER = Long.MAX_VALUE;

  @Test
  void processesComputeTheSameBitsAndLeaveInPeace() throws IOException, InterruptedException {
    int updates = 20;
    try (RingProcesses ring = new RingProcesses(3, protection, updates, PATIENT)) {
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

  @Test
  void killedProcessFailsAllOthersAtOnceNamingIt() throws IOException, InterruptedException {
    try (RingProcesses ring = new RingProcesses(4, protection, FOREVER, PATIENT)) {
      for (int rank = 0; rank < 4; rank++) {
        assertThat(ring.line(rank))
            .hasValueSatisfying(line -> assertThat(line).startsWith("UPDATE 1 "));
      }
      ring.process(2).destroyForcibly();
      long killed = System.nanoTime();
      for (int rank : new int[] {0, 1, 3}) {
        List<String> rest = ring.rest(rank);
        assertThat(rest.get(rest.size() - 1))
            .startsWith("BROKEN PeerLost rank 2 at " + ring.address(2) + " was lost: ")
            .contains(", in update ");
        assertThat(ring.process(rank).waitFor()).isEqualTo(RingMember.BROKEN);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(AT_ONCE);
    }
  }

  @Test
  void frozenProcessIsSilentToAllOthersAfterTheDeadline() throws IOException, InterruptedException {
    Duration deadline = Duration.ofMillis(1500);
    try (RingProcesses ring = new RingProcesses(4, protection, FOREVER, deadline)) {
      for (int rank = 0; rank < 4; rank++) {
        assertThat(ring.line(rank))
            .hasValueSatisfying(line -> assertThat(line).startsWith("UPDATE 1 "));
      }
      ring.freeze(1);
      long frozen = System.nanoTime();
      for (int rank : new int[] {0, 2, 3}) {
        List<String> rest = ring.rest(rank);
        assertThat(rest.get(rest.size() - 1))
            .startsWith("BROKEN PeerSilent rank 1 at " + ring.address(1))
            .contains("(the limit is 1500 ms), in update ");
        assertThat(ring.process(rank).waitFor()).isEqualTo(RingMember.BROKEN);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - frozen))
          .isBetween(deadline.dividedBy(2), deadline.plus(AT_ONCE));
    }
  }
}

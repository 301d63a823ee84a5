/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.RingMember.Payload;
import io.cairn.collective.RingMember.Place;
import io.cairn.collective.group.GroupOptions;
import io.cairn.collective.link.membership.Protection;
import io.cairn.collective.net.Hosts;
import io.cairn.collective.schedules.AlgorithmChoice;
import io.cairn.collective.schedules.DoublingSchedule;
import io.cairn.collective.schedules.Segments;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.opentest4j.TestAbortedException;

/**
 * Ranks on hosts of their own, with a network between them that has a delay and a bandwidth: right
 * results, true causes, and the time that the algorithm should take.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class SeveralHostsIT {

  private static final Duration PATIENT = Duration.ofSeconds(30);
  private static final Duration DEADLINE = Duration.ofSeconds(2);
  private static final Duration DELAY = Duration.ofMillis(30);
  private static final long BITS_PER_SECOND = 200_000_000;
  private static final long FOREVER = Long.MAX_VALUE;

  @Test
  void hostsComputeTheSameBits() throws IOException {
    int updates = 3;
    try (Hosts hosts = hosts(3);
        RingProcesses ring =
            ring(hosts, 3, RingMember.class, PATIENT, Payload.MEDIUM.name(), "" + updates)) {
      List<List<String>> outputs = IntStream.range(0, 3).mapToObj(ring::rest).toList();
      assertThat(outputs.get(0))
          .hasSize(updates)
          .allSatisfy(line -> assertThat(line).contains(" ranks=6 crc="));
      assertThat(outputs).containsOnly(outputs.get(0));
    }
  }

  @Test
  void hostThatIsCutOffIsSilentToAllOthersAtTheDeadline() throws IOException {
    try (Hosts hosts = hosts(4);
        RingProcesses ring =
            ring(hosts, 4, RingMember.class, DEADLINE, Payload.SMALL.name(), "" + FOREVER)) {
      for (int rank = 0; rank < 4; rank++) {
        assertThat(ring.line(rank)).isPresent();
      }
      long cut = System.nanoTime();
      hosts.cut(2);
      for (int rank : new int[] {0, 1, 3}) {
        List<String> rest = ring.rest(rank);
        assertThat(rest.get(rest.size() - 1))
            .startsWith("BROKEN PeerSilent rank 2 at " + ring.address(2));
      }
      assertThat(Duration.ofNanos(System.nanoTime() - cut))
          .isBetween(DEADLINE.dividedBy(2), DEADLINE.plusSeconds(1));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2, 4096, EXACT",
    "2, 8388608, EXACT",
    "2, 8388608, BF16",
    "3, 65536, EXACT",
    "3, 4194304, EXACT",
    "4, 4096, EXACT",
    "4, 262144, EXACT",
    "4, 8388608, EXACT",
    "4, 8388608, BF16"
  })
  @Tag("heavy")
  void stepTakesWhatTheModelSays(int worldSize, int bytes, Precision precision) throws IOException {
    int sums = 12;
    try (Hosts hosts = hosts(worldSize);
        RingProcesses ring =
            ring(
                hosts,
                worldSize,
                TimedMember.class,
                PATIENT,
                "" + bytes,
                "" + sums,
                precision.name())) {
      double[] slowest = new double[sums];
      for (int rank = 0; rank < worldSize; rank++) {
        List<String> took = ring.rest(rank);
        for (int i = 0; i < sums; i++) {
          double millis = Long.parseLong(took.get(i).substring("TOOK ".length())) / 1e3;
          slowest[i] = Math.max(slowest[i], millis);
        }
      }
      // The first ones find out how much the network carries; what else the machine does only adds.
      double least = Arrays.stream(slowest, sums / 3, sums).min().orElseThrow();
      double expected = modelMillis(worldSize, bytes, precision);
      System.out.printf(
          "%d ranks, %d bytes %s: %.1f ms, model %.1f ms, ratio %.2f%n",
          worldSize, bytes, precision, least, expected, least / expected);
      assertThat(least)
          .as(Arrays.toString(slowest))
          .isCloseTo(expected, Percentage.withPercentage(20));
    }
  }

  /**
   * The algorithms in the alpha-beta model (Hockney 1994; Thakur, Rabenseifner and Gropp 2005), a:
   * the delay, b: time for a byte. There are m messages one after the other, 2(W-1) of n/W bytes in
   * the ring, as many as the depth of n bytes in doubling; and one can begin to pass on when the
   * first segment of s bytes has arrived:
   *
   * <pre>
   *   round  = max(b l, a + b s)        the cable is busy, or waits for the other end; l: bytes
   *   total = (m - 1) round + b l + a
   * </pre>
   */
  private static double modelMillis(int worldSize, int bytes, Precision precision) {
    // Half of each number travels.
    double travelling = precision == Precision.BF16 ? 0.5 : 1;
    double perByte = travelling * 8e3 / BITS_PER_SECOND;
    double alpha = DELAY.toNanos() / 1e6;
    double length = bytes;
    int messages = 0;
    switch (AlgorithmChoice.cheapest().of(bytes, worldSize)) {
      case RING -> {
        length = (double) bytes / worldSize;
        messages = 2 * (worldSize - 1);
      }
      case DOUBLING -> messages = DoublingSchedule.depth(worldSize);
    }
    double segment = length / Segments.count((long) length, GroupOptions.DEFAULT_SEGMENT_BYTES);
    double round = Math.max(perByte * length, alpha + perByte * segment);
    return (messages - 1) * round + perByte * length + alpha;
  }

  private static Hosts hosts(int count) throws IOException {
    try {
      return new Hosts(RingProcesses.java(), count, DELAY, BITS_PER_SECOND);
    } catch (Hosts.UnavailableException e) {
      throw new TestAbortedException(e.getMessage(), e);
    }
  }

  private static RingProcesses ring(
      Hosts hosts, int worldSize, Class<?> main, Duration progressTimeout, String... more)
      throws IOException {
    List<List<String>> commands = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      Place place = new Place(rank, Hosts.address(rank), Protection.TLS, progressTimeout);
      commands.add(hosts.on(rank, RingProcesses.command(main, place, more)));
    }
    return new RingProcesses(commands);
  }
}

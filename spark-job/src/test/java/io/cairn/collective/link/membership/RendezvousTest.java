/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.Buffers;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.ElementType;
import io.cairn.collective.Fault;
import io.cairn.collective.Ranks;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Coming together: strays are turned away, latecomers waited for, the missing named. */
class RendezvousTest {

  private static final Duration SHORT = Duration.ofMillis(500);
  private static final BufferLayout LAYOUT = Buffers.layout(10, ElementType.INT64);

  @Test
  void strangersDoNotDisturbTheRendezvous() throws IOException {
    try (LoopbackRing ring = new LoopbackRing(2, Protection.PLAIN);
        Socket silent = new Socket();
        Socket garbage = new Socket();
        Socket olderAttempt = new Socket();
        Socket wrongRank = new Socket();
        Socket wrongWorld = new Socket();
        Socket hangsUp = new Socket()) {
      InetSocketAddress target = ring.endpoint(1).address();
      silent.connect(target);
      garbage.connect(target);
      garbage.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      olderAttempt.connect(target);
      say(olderAttempt, hello(LoopbackRing.GROUP_ID - 1, 0, 2));
      wrongRank.connect(target);
      say(wrongRank, hello(LoopbackRing.GROUP_ID, 7, 2));
      wrongWorld.connect(target);
      say(wrongWorld, hello(LoopbackRing.GROUP_ID, 0, 3));
      hangsUp.connect(target);
      hangsUp.shutdownOutput();

      ring.<Long>play(
              (rank, group) -> {
                ByteBuffer buffer = Buffers.ramp(LAYOUT, rank + 1);
                group.sum(1, buffer, LAYOUT);
                return buffer.getLong(0);
              })
          .forEach(outcome -> assertThat(outcome.orFail()).isEqualTo(3L));

      for (Socket refused : List.of(olderAttempt, wrongRank, wrongWorld)) {
        Handshake answer =
            Handshake.decode(ByteBuffer.wrap(refused.getInputStream().readNBytes(Handshake.BYTES)))
                .orElseThrow();
        assertThat(answer.verdict()).isEqualTo(Handshake.Verdict.REFUSED);
        assertThat(answer.groupId()).isEqualTo(LoopbackRing.GROUP_ID);
        assertThat(refused.getInputStream().read()).isEqualTo(-1);
      }
      assertThat(garbage.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void rankThatListensLaterIsCalledAgain() throws IOException {
    try (LoopbackRing ring = new LoopbackRing(2, Protection.PLAIN)) {
      InetSocketAddress late = ring.endpoint(1).address();
      ring.endpoint(1).close();
      List<Ranks.Outcome<Long>> outcomes =
          Ranks.run(
              2,
              rank ->
                  () -> {
                    try (RingEndpoint endpoint =
                            rank == 0 ? ring.endpoint(0) : bindOnceCalledInVain(ring, late);
                        AllReduce group = endpoint.connect(ring.membership(rank, () -> false))) {
                      ByteBuffer buffer = Buffers.ramp(LAYOUT, rank + 1);
                      group.sum(1, buffer, LAYOUT);
                      return buffer.getLong(0);
                    }
                  });
      assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.orFail()).isEqualTo(3L));
    }
  }

  /**
   * Rank 0's endpoint accepts a call only while it is connecting, so its answer says that it is.
   */
  private static RingEndpoint bindOnceCalledInVain(LoopbackRing ring, InetSocketAddress address)
      throws IOException {
    try (Socket probe = new Socket()) {
      probe.connect(ring.endpoint(0).address());
      say(probe, hello(LoopbackRing.GROUP_ID - 1, 1, 2));
      probe.getInputStream().readNBytes(Handshake.BYTES);
    }
    Ports port = new Ports(address.getPort(), address.getPort());
    return RingEndpoint.bind(address.getAddress(), port, Protection.PLAIN, Optional.empty());
  }

  @ParameterizedTest
  @EnumSource(Protection.class)
  void nobodyAtTheRightIsRefusedAtTheDeadline(Protection protection) throws IOException {
    try (LoopbackRing ring = new LoopbackRing(2, protection)) {
      ring.endpoint(1).close();
      assertThatThrownBy(() -> ring.endpoint(0).connect(impatient(ring, 0, LoopbackRing.GROUP_ID)))
          .isInstanceOf(CollectiveException.Refused.class)
          .hasMessageStartingWith("rank 1 at 127.0.0.1:" + ring.endpoint(1).address().getPort())
          .hasMessageContaining("could not be reached: Connection refused, while connecting, after")
          .satisfies(
              failure -> {
                CollectiveException refused = (CollectiveException) failure;
                assertThat(refused.update()).isEqualTo(Fault.CONNECTING);
                assertThat(refused.waited()).isBetween(SHORT, SHORT.multipliedBy(4));
              });
    }
  }

  @ParameterizedTest
  @EnumSource(Protection.class)
  void ranksOfDifferentAttemptsRefuseEachOther(Protection protection) throws IOException {
    try (LoopbackRing ring = new LoopbackRing(2, protection)) {
      List<Ranks.Outcome<AllReduce>> outcomes =
          Ranks.run(
              2,
              rank -> {
                Callable<AllReduce> part =
                    () -> ring.endpoint(rank).connect(impatient(ring, rank, 100 + rank));
                return part;
              });
      for (int rank = 0; rank < 2; rank++) {
        assertThat(outcomes.get(rank).failure()).isInstanceOf(CollectiveException.class);
      }
      assertThat(outcomes)
          .anySatisfy(
              outcome ->
                  assertThat(outcome.failure())
                      .isInstanceOf(CollectiveException.Refused.class)
                      .hasMessageContaining("is not the one that was called: it is of group"));
    }
  }

  @ParameterizedTest
  @EnumSource(Protection.class)
  void rankThatNeitherCallsNorAnswersIsSilentAndTheOthersLearnWhoIsMissing(Protection protection)
      throws IOException {
    try (LoopbackRing ring = new LoopbackRing(3, protection)) {
      List<Ranks.Outcome<CollectiveException>> outcomes =
          Ranks.run(
              3,
              rank ->
                  () -> {
                    if (rank == 1) {
                      return null;
                    }
                    try (AllReduce group =
                        ring.endpoint(rank).connect(impatient(ring, rank, LoopbackRing.GROUP_ID))) {
                      throw new AssertionError("connected without rank 1: " + group.rank());
                    } catch (CollectiveException failure) {
                      return failure;
                    }
                  });
      // To rank 0 it is one that is called, to rank 2 only one that calls.
      assertThat(outcomes.get(0).orFail())
          .isInstanceOf(CollectiveException.PeerSilent.class)
          .hasMessageStartingWith("rank 1 at 127.0.0.1:")
          .hasMessageContaining("accepted the connection but did not answer it");
      assertThat(outcomes.get(2).orFail())
          .isInstanceOf(CollectiveException.PeerSilent.class)
          .hasMessageStartingWith("rank 1 at 127.0.0.1:")
          .hasMessageContaining("did not connect to rank 2 at 127.0.0.1:")
          .hasMessageContaining("while connecting");
    }
  }

  @ParameterizedTest
  @EnumSource(Protection.class)
  void cancelledRankStopsConnectingAtOnce(Protection protection) throws IOException {
    try (LoopbackRing ring = new LoopbackRing(2, protection)) {
      assertThatThrownBy(() -> ring.endpoint(0).connect(ring.membership(0, () -> true)))
          .isInstanceOf(CollectiveException.Cancelled.class)
          .hasMessageContaining("rank 0 at 127.0.0.1:")
          .hasMessageContaining("was cancelled, while connecting");
    }
  }

  @Test
  void endpointTakesTheFirstFreePortOfItsRangeAndSaysWhenThereIsNone() throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (RingEndpoint first = RingEndpoint.bind(here, Protection.PLAIN)) {
      int port = first.address().getPort();
      Ports taken = new Ports(port, port);
      assertThatThrownBy(() -> RingEndpoint.bind(here, taken, Protection.PLAIN, Optional.empty()))
          .isInstanceOf(BindException.class)
          .hasMessageMatching(
              "cannot listen at 127.0.0.1, at none of the ports "
                  + port
                  + " \\(collective.port-range\\): Address already in use.*");
      Ports more = new Ports(port, Math.min(port + 200, 65_535));
      try (RingEndpoint second =
          RingEndpoint.bind(here, more, Protection.PLAIN, Optional.empty())) {
        assertThat(second.address().getPort()).isGreaterThan(port).isLessThanOrEqualTo(more.last());
      }
    }
  }

  @Test
  void endpointThatNobodyCouldReachIsNotBound() {
    assertThatThrownBy(() -> RingEndpoint.bind(InetAddress.getByName("0.0.0.0"), Protection.TLS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("an address that peers can reach, not ");
  }

  private static RingMembership impatient(LoopbackRing ring, int rank, long groupId) {
    return new RingMembership(groupId, rank, ring.members(), SHORT, SHORT, () -> false);
  }

  private static Handshake hello(long groupId, int from, int worldSize) {
    return new Handshake(Handshake.Verdict.HELLO, groupId, from, 1, worldSize, true);
  }

  private static void say(Socket socket, Handshake handshake) throws IOException {
    byte[] bytes = new byte[Handshake.BYTES];
    handshake.encode().get(bytes);
    socket.getOutputStream().write(bytes);
  }
}

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
import io.cairn.collective.ElementType;
import io.cairn.collective.Ranks;
import io.cairn.collective.link.tls.TlsLibrary;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whoever else connects to a rank that waits for its neighbour, or is at work: they are refused,
 * logged once, and disturb nobody.
 */
@ParameterizedClass
@EnumSource(TlsLibrary.class)
class HostileConnectionsTest {

  @Parameter TlsLibrary library;

  private static final BufferLayout LAYOUT = Buffers.layout(10, ElementType.INT64);

  /** What strangers do while rank 1 listens. */
  @FunctionalInterface
  private interface Attack {
    void on(Member rank) throws IOException, GeneralSecurityException;
  }

  @ParameterizedTest
  @EnumSource(Stranger.class)
  void strangersAreRefusedAndLoggedOnceHoweverManyTheyAre(Stranger stranger) throws IOException {
    try (ListenerLog log = new ListenerLog()) {
      assertComesTogetherIn(
          rank -> {
            for (int i = 0; i < 30; i++) {
              stranger.visit(rank);
            }
          });
      assertThat(log.messages())
          .as("one for each reason")
          .hasSizeBetween(1, 2)
          .doesNotHaveDuplicates()
          .allSatisfy(
              message ->
                  assertThat(message)
                      .startsWith("rank 1 turned away a connection from 127.0.0.1: it"));
    }
  }

  @Test
  void portScanOfAThousandConnectionsIsOneLineInTheLog() throws IOException {
    try (ListenerLog log = new ListenerLog()) {
      assertComesTogetherIn(
          rank -> {
            for (int i = 0; i < 1000; i++) {
              Stranger.SCANNER.visit(rank);
            }
          });
      assertThat(log.messages())
          .containsExactly(
              "rank 1 turned away a connection from 127.0.0.1: it hung up during the TLS 1.3"
                  + " handshake");
    }
  }

  @Test
  void recordedStreamOfAnEarlierAttemptIsRefused() throws IOException {
    byte[] recorded;
    try (LoopbackRing earlier = new LoopbackRing(2, library);
        Relay relay = new Relay(earlier.endpoint(1).address(), Relay.UNCHANGED)) {
      Member second = new Member(1, relay.address(), earlier.members().get(1).certificate());
      List<Member> members = List.of(earlier.members().get(0), second);
      Ranks.run(2, rank -> sum(earlier, rank, rank == 0 ? members : earlier.members()))
          .forEach(outcome -> assertThat(outcome.orFail()).isEqualTo(3L));
      recorded = relay.said();
    }
    assertThat(recorded.length).isGreaterThan(500);
    try (ListenerLog log = new ListenerLog()) {
      assertComesTogetherIn(
          rank -> {
            try (Socket replay = Stranger.connect(rank.address())) {
              Stranger.say(replay, recorded);
              replay.shutdownOutput();
              replay.getInputStream().readAllBytes();
            }
          });
      assertThat(log.messages())
          .hasSize(1)
          .allSatisfy(
              message -> assertThat(message).contains("it did not complete the TLS 1.3 handshake"));
    }
  }

  @Test
  void manyWhoSayNothingOrSayItSlowlyDoNotKeepTheNeighbourOut() throws Exception {
    byte[] hello = Stranger.clientHello();
    List<Socket> slow = new ArrayList<>();
    try {
      assertComesTogetherIn(
          rank -> {
            for (int i = 0; i < 200; i++) {
              Socket socket = Stranger.connect(rank.address());
              slow.add(socket);
              Stranger.say(socket, Arrays.copyOf(hello, i % 4 == 0 ? 0 : i % hello.length));
            }
          });
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void nobodyCanConnectToARingAtWork() throws IOException {
    try (LoopbackRing ring = new LoopbackRing(3, library)) {
      ring.<Boolean>play(
              (rank, group) -> {
                for (int update = 1; update <= 20; update++) {
                  InetSocketAddress right = ring.endpoint((rank + 1) % 3).address();
                  assertThatThrownBy(() -> Stranger.connect(right).close())
                      .isInstanceOf(ConnectException.class);
                  ByteBuffer buffer = Buffers.ramp(LAYOUT, rank + 1);
                  group.sum(update, buffer, LAYOUT);
                  assertThat(Buffers.difference(Buffers.rampSum(LAYOUT, 3), buffer))
                      .isEqualTo("none");
                }
                return true;
              })
          .forEach(Ranks.Outcome::orFail);
    }
  }

  /** Rank 0 comes only when the attack on rank 1, which listens meanwhile, is over. */
  private void assertComesTogetherIn(Attack attack) throws IOException {
    try (LoopbackRing ring = new LoopbackRing(2, library)) {
      Ranks.<Long>run(
              2,
              rank ->
                  () -> {
                    if (rank == 0) {
                      attack.on(ring.members().get(1));
                    }
                    return sum(ring, rank, ring.members()).call();
                  })
          .forEach(outcome -> assertThat(outcome.orFail()).isEqualTo(3L));
    }
  }

  private static Callable<Long> sum(LoopbackRing ring, int rank, List<Member> members) {
    RingMembership membership =
        new RingMembership(
            LoopbackRing.GROUP_ID,
            rank,
            members,
            LoopbackRing.PATIENT,
            LoopbackRing.PATIENT,
            () -> false);
    return () -> {
      try (AllReduce group = ring.endpoint(rank).connect(membership)) {
        ByteBuffer buffer = Buffers.ramp(LAYOUT, rank + 1);
        group.sum(1, buffer, LAYOUT);
        return buffer.getLong(0);
      }
    };
  }
}

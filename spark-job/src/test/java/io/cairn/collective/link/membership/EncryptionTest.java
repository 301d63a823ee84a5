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
import io.cairn.collective.Ranks;
import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.tls.TlsLibrary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The encrypted ring: whoever is not the neighbour that was published stays outside. */
@ParameterizedClass
@EnumSource(TlsLibrary.class)
class EncryptionTest {

  @Parameter TlsLibrary library;

  private static final Duration SHORT = Duration.ofMillis(1500);
  private static final BufferLayout LAYOUT = Buffers.layout(10, ElementType.INT64);
  private static final Fingerprint OTHER = new Fingerprint("0f".repeat(32));

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void largeSumsAreTheSameBitsAsWithoutEncryption(int worldSize) throws IOException {
    BufferLayout layout = Buffers.layout(4_200_001, ElementType.FLOAT32);
    List<ByteBuffer> plain = sums(new LoopbackRing(worldSize, Protection.PLAIN), layout);
    List<ByteBuffer> encrypted = sums(new LoopbackRing(worldSize, library), layout);
    assertThat(encrypted)
        .hasSize(worldSize)
        .allSatisfy(sum -> assertThat(Buffers.difference(plain.get(0), sum)).isEqualTo("none"));
  }

  private static List<ByteBuffer> sums(LoopbackRing ranks, BufferLayout layout) throws IOException {
    try (LoopbackRing ring = ranks) {
      return ring
          .<ByteBuffer>play(
              (rank, group) -> {
                ByteBuffer buffer = Buffers.random(layout, rank);
                group.sum(1, buffer, layout);
                return buffer;
              })
          .stream()
          .map(Ranks.Outcome::orFail)
          .toList();
    }
  }

  @Test
  void everyEndpointHasACertificateOfItsOwn() throws IOException {
    try (LoopbackRing ring = new LoopbackRing(3, library);
        LoopbackRing another = new LoopbackRing(3, library)) {
      List<Member> all = new ArrayList<>(ring.members());
      all.addAll(another.members());
      assertThat(all.stream().map(Member::certificate).distinct()).hasSize(6);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2_500, 20_001, 100_000, 180_003, 399_997})
  void byteChangedOnTheWayIsTheSameCorruptionOnBothSidesOfIt(int position) throws IOException {
    try (LoopbackRing ring = new LoopbackRing(2, library);
        Relay relay = new Relay(ring.endpoint(1).address(), position)) {
      assertThat(by(ring, relay))
          .allSatisfy(
              outcome ->
                  assertThat(outcome.failure())
                      .isInstanceOf(CollectiveException.Corrupt.class)
                      .hasMessageStartingWith("rank 0 at 127.0.0.1:")
                      .hasMessageContaining("sent bytes that do not verify"));
    }
  }

  @Test
  void rightNeighbourWithAnotherCertificateIsRefused() throws IOException {
    try (LoopbackRing ring = new LoopbackRing(3, library)) {
      List<Ranks.Outcome<AllReduce>> outcomes =
          Ranks.run(3, rank -> () -> connect(ring, rank, rank == 0 ? 1 : -1));
      assertThat(outcomes.get(0).failure())
          .isInstanceOf(CollectiveException.Refused.class)
          .hasMessageStartingWith("rank 1 at 127.0.0.1:")
          .hasMessageContaining(
              "is not the one that was called: its certificate is not the one that was published"
                  + " (fingerprint "
                  + certificate(ring, 1)
                  + " instead of "
                  + OTHER.sha256()
                  + "), while connecting");
      assertThat(outcomes.get(1).failure()).isInstanceOf(CollectiveException.class);
    }
  }

  @Test
  void whoeverHangsUpLaterHasShownItsCertificateAllTheSame() throws IOException {
    try (LoopbackRing ring = new LoopbackRing(2, library);
        Relay relay = new Relay(ring.endpoint(1).address(), Relay.UNCHANGED)) {
      List<Member> members =
          List.of(ring.members().get(0), new Member(1, relay.address(), Optional.of(OTHER)));
      List<Ranks.Outcome<AllReduce>> outcomes =
          Ranks.run(
              2,
              rank ->
                  () ->
                      ring.endpoint(rank)
                          .connect(impatient(rank == 0 ? members : ring.members(), rank)));
      assertThat(outcomes.get(0).failure())
          .isInstanceOf(CollectiveException.Refused.class)
          .hasMessageContaining("its certificate is not the one that was published");
    }
  }

  @Test
  void callerWithAnotherCertificateIsRefusedAndLearnsIt() throws IOException {
    try (LoopbackRing ring = new LoopbackRing(3, library)) {
      List<Ranks.Outcome<AllReduce>> outcomes =
          Ranks.run(3, rank -> () -> connect(ring, rank, rank == 2 ? 1 : -1));
      assertThat(outcomes.get(2).failure())
          .isInstanceOf(CollectiveException.Refused.class)
          .hasMessageStartingWith("rank 1 at 127.0.0.1:")
          .hasMessageContaining("did not connect to rank 2 at 127.0.0.1:")
          .hasMessageContaining(
              ", but somebody on its host did: its certificate is not the one that was published"
                  + " (fingerprint "
                  + certificate(ring, 1)
                  + " is none of the 2 that were published by those who may call");
      assertThat(outcomes.get(1).failure())
          .isInstanceOf(CollectiveException.Refused.class)
          .hasMessageStartingWith("rank 2 at 127.0.0.1:")
          .hasMessageContaining("broke off the connection: ")
          .hasMessageMatching("(?i).*certificate.*");
    }
  }

  @Test
  void plainRankIsNoNeighbourOfAnEncryptedOne() throws IOException {
    try (LoopbackRing plain = new LoopbackRing(2, Protection.PLAIN);
        LoopbackRing ring = new LoopbackRing(2, library)) {
      assertThatThrownBy(() -> ring.endpoint(0).connect(impatient(plain.members(), 0)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("name another certificate for rank 0 than its endpoint has");
      assertThatThrownBy(() -> plain.endpoint(0).connect(impatient(ring.members(), 0)))
          .isInstanceOf(IllegalArgumentException.class);
      List<Member> mixed = List.of(ring.members().get(1), plain.members().get(1));
      Member self = new Member(0, mixed.get(0).address(), mixed.get(0).certificate());
      assertThatThrownBy(() -> ring.endpoint(1).connect(impatient(List.of(self, mixed.get(1)), 0)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("rank 1 has published no certificate");
    }
  }

  @Test
  void fingerprintIsWellFormedOrNone() {
    assertThatThrownBy(() -> new Fingerprint("AB".repeat(32)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("64 lower-case hexadecimal digits");
  }

  /** A sum of two ranks, of which the first reaches the second by way of {@code relay}. */
  private static List<Ranks.Outcome<Boolean>> by(LoopbackRing ring, Relay relay) {
    BufferLayout layout = Buffers.layout(200_000, ElementType.FLOAT32);
    Member second = new Member(1, relay.address(), ring.members().get(1).certificate());
    List<Member> members = List.of(ring.members().get(0), second);
    return Ranks.run(
        2,
        rank ->
            () -> {
              RingMembership membership =
                  new RingMembership(
                      LoopbackRing.GROUP_ID,
                      rank,
                      rank == 0 ? members : ring.members(),
                      LoopbackRing.PATIENT,
                      LoopbackRing.PATIENT,
                      () -> false);
              try (AllReduce group = ring.endpoint(rank).connect(membership)) {
                group.sum(1, Buffers.ramp(layout, rank + 1), layout);
                return true;
              }
            });
  }

  /** Connects {@code rank}, which believes another certificate to be that of {@code misjudged}. */
  private static AllReduce connect(LoopbackRing ring, int rank, int misjudged) throws IOException {
    List<Member> members = new ArrayList<>(ring.members());
    if (misjudged >= 0) {
      members.set(
          misjudged, new Member(misjudged, members.get(misjudged).address(), Optional.of(OTHER)));
    }
    try (AllReduce group = ring.endpoint(rank).connect(impatient(members, rank))) {
      // A rank that has both neighbours learns in its first sum that others have not.
      group.sum(1, Buffers.zeros(LAYOUT), LAYOUT);
      return group;
    }
  }

  private static RingMembership impatient(List<Member> members, int rank) {
    return new RingMembership(LoopbackRing.GROUP_ID, rank, members, SHORT, SHORT, () -> false);
  }

  private static String certificate(LoopbackRing ring, int rank) {
    return ring.members().get(rank).certificate().orElseThrow().sha256();
  }
}

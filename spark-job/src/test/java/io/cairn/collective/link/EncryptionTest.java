/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.Buffers;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.ElementType;
import io.cairn.collective.Ranks;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The encrypted ring: whoever is not the neighbour that was published stays outside. */
class EncryptionTest {

  private static final Duration SHORT = Duration.ofMillis(1500);
  private static final BufferLayout LAYOUT = Buffers.layout(10, ElementType.INT64);
  private static final Fingerprint OTHER = new Fingerprint("0f".repeat(32));

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void largeSumsAreTheSameBitsAsWithoutEncryption(int worldSize) throws IOException {
    BufferLayout layout = Buffers.layout(4_200_001, ElementType.FLOAT32);
    List<ByteBuffer> plain = sums(worldSize, Protection.PLAIN, layout);
    List<ByteBuffer> encrypted = sums(worldSize, Protection.TLS, layout);
    assertThat(encrypted)
        .hasSize(worldSize)
        .allSatisfy(sum -> assertThat(Buffers.difference(plain.get(0), sum)).isEqualTo("none"));
  }

  private static List<ByteBuffer> sums(int worldSize, Protection protection, BufferLayout layout)
      throws IOException {
    try (LoopbackRing ring = new LoopbackRing(worldSize, protection)) {
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
    try (LoopbackRing ring = new LoopbackRing(3, Protection.TLS);
        LoopbackRing another = new LoopbackRing(3, Protection.TLS)) {
      List<Member> all = new ArrayList<>(ring.members());
      all.addAll(another.members());
      assertThat(all.stream().map(Member::certificate).distinct()).hasSize(6);
    }
  }

  @Test
  void strangersAreTurnedAwayAndLoggedOnceAndTheRingComesTogether() throws Exception {
    List<byte[]> strange =
        List.of(
            "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            plainHello(),
            longRecord(),
            clientHello("TLSv1.2"));
    List<Socket> refused = new ArrayList<>();
    List<Socket> slow = new ArrayList<>();
    try (LoopbackRing ring = new LoopbackRing(2, Protection.TLS);
        Log log = new Log()) {
      InetSocketAddress target = ring.endpoint(1).address();
      for (byte[] words : strange) {
        refused.add(say(target, words));
      }
      byte[] hello = clientHello(EphemeralIdentity.PROTOCOL);
      slow.add(say(target, new byte[0]));
      slow.add(say(target, Arrays.copyOf(hello, 3)));
      slow.add(say(target, Arrays.copyOf(hello, hello.length - 1)));
      slow.add(say(target, hello));

      assertComesTogether(ring);

      for (Socket socket : refused) {
        // An alert at most, and then the end.
        assertThat(socket.getInputStream().readAllBytes().length).isLessThan(10);
      }
      assertThat(log.messages())
          .filteredOn(message -> message.contains("it did not complete the TLS 1.3 handshake ("))
          .hasSize(1)
          .allSatisfy(
              message ->
                  assertThat(message)
                      .startsWith("rank 1 turned away a connection from 127.0.0.1: "));
    } finally {
      close(refused);
      close(slow);
    }
  }

  @Test
  void manyCallersThatSayNothingDoNotKeepTheNeighbourOut() throws IOException {
    List<Socket> silent = new ArrayList<>();
    try (LoopbackRing ring = new LoopbackRing(2, Protection.TLS)) {
      for (int i = 0; i < 100; i++) {
        silent.add(say(ring.endpoint(1).address(), new byte[0]));
      }
      assertComesTogether(ring);
    } finally {
      close(silent);
    }
  }

  @Test
  void recordedStreamOfAnEarlierAttemptIsTurnedAway() throws IOException {
    byte[] recorded;
    try (LoopbackRing earlier = new LoopbackRing(2, Protection.TLS);
        Relay relay = new Relay(earlier.endpoint(1).address(), Relay.UNCHANGED)) {
      assertThat(by(earlier, relay)).allSatisfy(outcome -> assertThat(outcome.failure()).isNull());
      recorded = relay.said();
    }
    assertThat(recorded.length).isGreaterThan(500);
    try (LoopbackRing ring = new LoopbackRing(2, Protection.TLS);
        Socket replay = say(ring.endpoint(1).address(), recorded)) {
      assertComesTogether(ring);
      assertThat(replay.isConnected()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2_500, 20_001, 100_000, 180_003, 399_997})
  void byteChangedOnTheWayIsTheSameCorruptionOnBothSidesOfIt(int position) throws IOException {
    try (LoopbackRing ring = new LoopbackRing(2, Protection.TLS);
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
    try (LoopbackRing ring = new LoopbackRing(3, Protection.TLS)) {
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
  void leftNeighbourWithAnotherCertificateIsRefusedAndLearnsIt() throws IOException {
    try (LoopbackRing ring = new LoopbackRing(3, Protection.TLS)) {
      List<Ranks.Outcome<AllReduce>> outcomes =
          Ranks.run(3, rank -> () -> connect(ring, rank, rank == 1 ? 0 : -1));
      assertThat(outcomes.get(1).failure())
          .isInstanceOf(CollectiveException.Refused.class)
          .hasMessageStartingWith("rank 0 at 127.0.0.1:")
          .hasMessageContaining("did not connect to rank 1 at 127.0.0.1:")
          .hasMessageContaining(
              ", but somebody on its host did: its certificate is not the one that was published"
                  + " (fingerprint "
                  + certificate(ring, 0)
                  + " instead of "
                  + OTHER.sha256());
      assertThat(outcomes.get(0).failure())
          .isInstanceOf(CollectiveException.Refused.class)
          .hasMessageStartingWith("rank 1 at 127.0.0.1:")
          .hasMessageContaining("broke off the connection: ")
          .hasMessageContaining("certificate");
    }
  }

  @Test
  void plainRankIsNoNeighbourOfAnEncryptedOne() throws IOException {
    try (LoopbackRing plain = new LoopbackRing(2, Protection.PLAIN);
        LoopbackRing ring = new LoopbackRing(2, Protection.TLS)) {
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

  private static void assertComesTogether(LoopbackRing ring) {
    ring.<Long>play(
            (rank, group) -> {
              ByteBuffer buffer = Buffers.ramp(LAYOUT, rank + 1);
              group.sum(1, buffer, LAYOUT);
              return buffer.getLong(0);
            })
        .forEach(outcome -> assertThat(outcome.orFail()).isEqualTo(3L));
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
                      LoopbackRing.ATTEMPT,
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
    return new RingMembership(LoopbackRing.ATTEMPT, rank, members, SHORT, SHORT, () -> false);
  }

  private static String certificate(LoopbackRing ring, int rank) {
    return ring.members().get(rank).certificate().orElseThrow().sha256();
  }

  private static byte[] plainHello() {
    byte[] bytes = new byte[Handshake.BYTES];
    new Handshake(Handshake.Verdict.HELLO, LoopbackRing.ATTEMPT, 0, 1, 2, true).encode().get(bytes);
    return bytes;
  }

  /** The head of a handshake record longer than any may be. */
  private static byte[] longRecord() {
    return new byte[] {22, 3, 3, (byte) 0xff, (byte) 0xff, 1, 0};
  }

  /** What a client of that version says first. */
  private static byte[] clientHello(String version) throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance(version);
    context.init(null, null, null);
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(true);
    engine.setEnabledProtocols(new String[] {version});
    ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), record);
    return Arrays.copyOf(record.array(), record.position());
  }

  private static Socket say(InetSocketAddress target, byte[] words) throws IOException {
    Socket socket = new Socket();
    socket.connect(target);
    socket.setSoTimeout((int) LoopbackRing.PATIENT.toMillis());
    socket.getOutputStream().write(words);
    return socket;
  }

  private static void close(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** What the listener logs meanwhile. */
  private static final class Log extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger(LeftListener.class.getName());
    private final List<String> messages = new ArrayList<>();

    Log() {
      logger.addHandler(this);
    }

    synchronized List<String> messages() {
      return List.copyOf(messages);
    }

    @Override
    public synchronized void publish(LogRecord entry) {
      messages.add(MessageFormat.format(entry.getMessage(), entry.getParameters()));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
      logger.removeHandler(this);
    }
  }
}

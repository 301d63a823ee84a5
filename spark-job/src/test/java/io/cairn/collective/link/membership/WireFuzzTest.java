/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.sun.management.ThreadMXBean;
import io.cairn.collective.DamagedStreamException;
import io.cairn.collective.Link;
import io.cairn.collective.RejectedStreamException;
import io.cairn.collective.link.StrangerException;
import io.cairn.collective.link.Wire;
import io.cairn.collective.link.memory.MemoryMessage;
import io.cairn.collective.link.tls.EphemeralIdentity;
import io.cairn.collective.link.tls.TlsLibrary;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Whatever arrives at a connection, before it is established and after: either it is what the
 * neighbour sent, or the connection fails as it says it does, without having allocated for it.
 */
class WireFuzzTest {

  private static final EphemeralIdentity CALLER = EphemeralIdentity.create();
  private static final EphemeralIdentity CALLED = EphemeralIdentity.create();
  private static final int MAX_GARBAGE_BYTES = 40_000;

  /** The buffers of one connection, twice, and what the JDK needs for a handshake. */
  private static final long MAX_ALLOCATED_BYTES = 4 << 20;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** What is allocated once a process is not a connection's. */
  @BeforeContainer
  static void loadBothLibraries() throws IOException {
    for (TlsLibrary library : TlsLibrary.values()) {
      disturb(new Random(1), library, library);
    }
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void firstWordsThatAreNotTlsAreAStrangers(@ForAll Random random, @ForAll TlsLibrary library)
      throws Exception {
    greet(random, library);
  }

  @Property(tries = 2_000, shrinking = ShrinkingMode.OFF)
  @Tag("heavy")
  void theSameForThousandsOfFirstWords(@ForAll Random random, @ForAll TlsLibrary library)
      throws Exception {
    greet(random, library);
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void bytesBetweenRecordsAreDamage(
      @ForAll Random random, @ForAll TlsLibrary calling, @ForAll TlsLibrary called)
      throws Exception {
    disturb(random, calling, called);
  }

  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  @Tag("heavy")
  void theSameForHundredsOfStreams(
      @ForAll Random random, @ForAll TlsLibrary calling, @ForAll TlsLibrary called)
      throws Exception {
    disturb(random, calling, called);
  }

  @Property(tries = 5_000)
  void greetingsAreWhatWasSentOrNone(@ForAll Random random) {
    byte[] bytes = new byte[Handshake.BYTES + MemoryMessage.BYTES];
    random.nextBytes(bytes);
    if (random.nextBoolean()) {
      Handshake.Verdict[] verdicts = Handshake.Verdict.values();
      new Handshake(verdicts[random.nextInt(verdicts.length)], random.nextLong(), 1, 2, 3, true)
          .encode()
          .get(bytes, 0, Handshake.BYTES);
      bytes[random.nextInt(Handshake.BYTES)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
    }
    assertThatCode(
            () -> {
              Handshake.decode(ByteBuffer.wrap(bytes, 0, Handshake.BYTES));
              MemoryMessage.decode(ByteBuffer.wrap(bytes, 0, MemoryMessage.BYTES));
            })
        .doesNotThrowAnyException();
  }

  /** Somebody says something to a rank that waits to be called. */
  private void greet(Random random, TlsLibrary library)
      throws IOException, GeneralSecurityException {
    byte[] words = random.nextInt(4) == 0 ? garbage(random) : Stranger.clientHello();
    for (int i = random.nextInt(6); i > 0; i--) {
      words[random.nextInt(words.length)] = (byte) random.nextInt();
    }
    long allocatedBefore = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    try (Pair pair = new Pair(library)) {
      pair.called.channel().configureBlocking(false);
      pair.calling.write(ByteBuffer.wrap(words, 0, 1 + random.nextInt(words.length)));
      pair.calling.shutdownOutput();
      ByteBuffer into = ByteBuffer.allocate(Handshake.BYTES);
      try {
        int count = 0;
        while (count == 0) {
          count = pair.called.read(into);
        }
        throw new AssertionError("a stranger was let in: " + count);
      } catch (StrangerException expected) {
        assertThat(into.position()).isZero();
      }
    }
    long allocated =
        threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - allocatedBefore;
    assertThat(allocated).isLessThan(MAX_ALLOCATED_BYTES);
  }

  /** Somebody on the way adds something to the stream of an established connection. */
  private static void disturb(Random random, TlsLibrary calling, TlsLibrary called)
      throws IOException {
    try (Pair pair = new Pair(called);
        Wires wires = Pair.wires(CALLER, calling, 0);
        Wire caller = wires.to(Pair.membership(0).members().get(1), pair.calling)) {
      pair.calling.configureBlocking(false);
      pair.called.channel().configureBlocking(false);
      ByteBuffer sent = ByteBuffer.allocateDirect(1 + random.nextInt(MAX_GARBAGE_BYTES));
      for (int i = 0; i < sent.capacity(); i++) {
        sent.put(i, (byte) random.nextInt());
      }
      ByteBuffer received = ByteBuffer.allocateDirect(2 * MAX_GARBAGE_BYTES);
      ByteBuffer from = sent.duplicate();
      while (received.position() < sent.capacity()) {
        caller.write(from);
        caller.read(ByteBuffer.allocate(1));
        pair.called.read(received);
      }
      ByteBuffer more = ByteBuffer.wrap(garbage(random));
      boolean failed = false;
      while (!failed) {
        pair.calling.write(more);
        if (!more.hasRemaining()) {
          pair.calling.shutdownOutput();
        }
        try {
          failed = pair.called.read(received) == Link.ENDED;
        } catch (DamagedStreamException | RejectedStreamException expected) {
          failed = true;
        }
      }
      assertThat(received.flip()).isEqualTo(sent);
    }
  }

  private static byte[] garbage(Random random) {
    byte[] garbage = new byte[1 + random.nextInt(MAX_GARBAGE_BYTES)];
    random.nextBytes(garbage);
    if (random.nextBoolean()) {
      // The head of a record.
      garbage[0] = (byte) (20 + random.nextInt(4));
      for (int i = 1; i < Math.min(3, garbage.length); i++) {
        garbage[i] = 3;
      }
    }
    return garbage;
  }

  /** Two ends of a connection; the called one expects its neighbour. */
  private static final class Pair implements AutoCloseable {

    private final SocketChannel calling;
    private final Wires wires;
    private final Wire called;

    Pair(TlsLibrary library) throws IOException {
      try (ServerSocketChannel server = ServerSocketChannel.open()) {
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        calling = SocketChannel.open(server.getLocalAddress());
        wires = wires(CALLED, library, 1);
        called = wires.from(server.accept());
      }
    }

    static Wires wires(EphemeralIdentity identity, TlsLibrary library, int rank) {
      return Wires.of(Optional.of(identity), library, membership(rank));
    }

    private static RingMembership membership(int rank) {
      InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
      List<Member> members =
          List.of(
              new Member(0, anywhere, Optional.of(CALLER.fingerprint())),
              new Member(1, anywhere, Optional.of(CALLED.fingerprint())));
      return new RingMembership(
          LoopbackRing.GROUP_ID,
          rank,
          members,
          LoopbackRing.PATIENT,
          LoopbackRing.PATIENT,
          () -> false);
    }

    @Override
    public void close() throws IOException {
      called.close();
      calling.close();
      wires.close();
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.Fault;
import io.cairn.collective.FaultKind;
import io.cairn.collective.Link;
import io.cairn.collective.Peer;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Whatever a neighbour sends: what is made of it is a message, or a failure that names the
 * neighbour; and a message that claims to be long costs nothing before it has arrived.
 */
class FrameFuzzTest {

  private static final long GROUP_ID = 77;
  private static final Peer NEIGHBOUR = new Peer(1, "node-1:4040");
  private static final int MAX_PIECES = 12;
  private static final int MAX_PAYLOAD_BYTES = 200;
  private static final int MANY = 400_000;

  /** Headers, texts and the failure itself, and not what a length says. */
  private static final long MAX_HEAP_BYTES = 64 * 1024;

  private final FaultReporter reporter = new FaultReporter(new Peer(0, "node-0:4040"), () -> 0);
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final BufferPoolMXBean direct =
      ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
          .filter(pool -> pool.getName().equals("direct"))
          .findFirst()
          .orElseThrow();

  /** What classes need when they are first used is not a message's doing. */
  @BeforeContainer
  static void warmUp() {
    FrameFuzzTest test = new FrameFuzzTest();
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      test.read(stream(random), random);
    }
  }

  @Property(tries = 5_000)
  void streamsThatWereTamperedWithAreMessagesOrNamedFailures(@ForAll Random random) {
    readWithinBounds(stream(random), random);
  }

  @Property(tries = MANY)
  @Tag("heavy")
  void theSameForMillionsOfStreams(@ForAll Random random) {
    readWithinBounds(stream(random), random);
  }

  @Property(tries = 5_000)
  void headersThatVerifyAreWhatWasSentAndOthersAreNone(@ForAll Random random) {
    decodeHeader(random);
  }

  @Property(tries = MANY)
  @Tag("heavy")
  void theSameForMillionsOfHeaders(@ForAll Random random) {
    decodeHeader(random);
  }

  @Property(tries = 5_000)
  void faultsAreWhatWasSentOrNone(@ForAll Random random) {
    decodeFault(random);
  }

  @Property(tries = MANY)
  @Tag("heavy")
  void theSameForMillionsOfFaults(@ForAll Random random) {
    decodeFault(random);
  }

  private static void decodeHeader(Random random) {
    FrameHeader header = header(random, random.nextInt());
    ByteBuffer bytes = ByteBuffer.allocate(FrameHeader.BYTES);
    header.encode(bytes);
    assertThat(FrameHeader.decode(bytes.flip())).contains(header);
    bytes.rewind();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      flip(bytes.array(), random);
    }
    FrameHeader.decode(bytes)
        .ifPresent(decoded -> assertThat(decoded).as("flipped twice").isEqualTo(header));
  }

  private static void decodeFault(Random random) {
    Fault fault = fault(random);
    ByteBuffer frame = FaultCodec.abortFrame(GROUP_ID, fault);
    byte[] payload = new byte[frame.remaining() - FrameHeader.BYTES];
    frame.get(FrameHeader.BYTES, payload);
    assertThat(FaultCodec.decode(ByteBuffer.wrap(payload))).contains(fault);
    for (int i = random.nextInt(4); i > 0; i--) {
      flip(payload, random);
    }
    int length = random.nextInt(payload.length + 1);
    FaultCodec.decode(ByteBuffer.wrap(payload, 0, length))
        .ifPresent(decoded -> assertThat(decoded.forwarded()).hasMessageContaining("rank "));
  }

  private void readWithinBounds(byte[] stream, Random random) {
    long thread = Thread.currentThread().getId();
    long heapBefore = threads.getThreadAllocatedBytes(thread);
    long directBefore = direct.getTotalCapacity();
    read(stream, random);
    assertThat(threads.getThreadAllocatedBytes(thread) - heapBefore).isLessThan(MAX_HEAP_BYTES);
    assertThat(direct.getTotalCapacity() - directBefore)
        .isLessThanOrEqualTo(FrameHeader.BYTES + FaultCodec.MAX_BYTES);
  }

  /** Reads it to its end, as a rank does that takes every message for the one that is due. */
  private void read(byte[] stream, Random random) {
    ByteBuffer rest = ByteBuffer.wrap(stream);
    Inbox inbox = new Inbox(into -> take(rest, into, random), NEIGHBOUR, GROUP_ID, reporter);
    ByteBuffer payload = ByteBuffer.allocate(MAX_PAYLOAD_BYTES);
    try {
      boolean sound = true;
      while (sound) {
        if (inbox.look().isPresent()) {
          int length = inbox.take().lengthBytes();
          sound = length >= 0 && length <= MAX_PAYLOAD_BYTES;
          payload.clear().limit(sound ? length : 0);
          while (payload.hasRemaining()) {
            inbox.read(payload);
          }
        }
      }
    } catch (EOFException end) {
      assertThat(end).hasMessage("connection closed");
    } catch (IOException e) {
      throw new AssertionError("reading from memory failed", e);
    } catch (CollectiveException failure) {
      assertThat(failure.isForwarded() || failure.rank() == NEIGHBOUR.rank()).isTrue();
    }
  }

  private static int take(ByteBuffer rest, ByteBuffer into, Random random) {
    if (!rest.hasRemaining()) {
      return Link.ENDED;
    }
    int count = Math.min(random.nextInt(80), Math.min(rest.remaining(), into.remaining()));
    into.put(rest.slice(rest.position(), count));
    rest.position(rest.position() + count);
    return count;
  }

  private static byte[] stream(Random random) {
    ByteBuffer stream =
        ByteBuffer.allocate(MAX_PIECES * (FrameHeader.BYTES + FaultCodec.MAX_BYTES));
    for (int i = 1 + random.nextInt(MAX_PIECES); i > 0; i--) {
      append(stream, random);
    }
    byte[] bytes = new byte[stream.position()];
    stream.get(0, bytes);
    for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
      flip(bytes, random);
    }
    return bytes;
  }

  private static void append(ByteBuffer stream, Random random) {
    switch (random.nextInt(8)) {
      case 0 ->
          FrameHeader.heartbeat(GROUP_ID, 1, random.nextInt(), random.nextInt()).encode(stream);
      case 1 -> stream.put(FaultCodec.abortFrame(GROUP_ID, fault(random)));
      // It verifies, and claims any length.
      case 2 -> header(random, random.nextInt()).encode(stream);
      case 3 -> stream.put(bytes(random));
      default -> {
        byte[] payload = bytes(random);
        header(random, payload.length).encode(stream);
        stream.put(payload);
      }
    }
  }

  private static FrameHeader header(Random random, int lengthBytes) {
    FrameType[] kinds = FrameType.values();
    return new FrameHeader(
        kinds[random.nextInt(kinds.length)],
        random.nextInt(8) == 0 ? random.nextLong() : GROUP_ID,
        random.nextLong(),
        random.nextLong(),
        random.nextInt(),
        random.nextInt(),
        random.nextInt(),
        lengthBytes,
        random.nextInt(),
        random.nextInt(),
        random.nextInt());
  }

  private static Fault fault(Random random) {
    FaultKind[] kinds = FaultKind.values();
    return new Fault(
        kinds[random.nextInt(kinds.length)],
        random.nextInt(),
        "node-" + random.nextInt() + ":4040",
        random.nextLong(),
        "all-gather",
        random.nextLong() >>> 1,
        Duration.ofNanos(random.nextLong()),
        random.nextInt(),
        "x".repeat(random.nextInt(1024)));
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(MAX_PAYLOAD_BYTES)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void flip(byte[] bytes, Random random) {
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
  }
}

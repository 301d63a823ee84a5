/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A ring without a network: byte queues that take and give odd amounts, and that a test can damage
 * or cut.
 *
 * <p>Threading: any; one lock for the whole ring.
 */
final class MemoryRing {

  static final long ATTEMPT = 77;

  private final Object lock = new Object();
  private final Pipe[] forward;
  private final Pipe[] backward;
  private final Random random;

  /** A ring whose queues hold {@code capacity} bytes each. */
  MemoryRing(int worldSize, int capacity, long seed) {
    random = new Random(seed);
    forward = new Pipe[worldSize];
    backward = new Pipe[worldSize];
    for (int rank = 0; rank < worldSize; rank++) {
      forward[rank] = new Pipe(capacity);
      backward[rank] = new Pipe(FrameHeader.BYTES + FaultCodec.MAX_BYTES);
    }
  }

  /** Bytes from one rank to another. */
  private static final class Pipe {
    private final int capacity;
    private final Deque<Byte> queue = new ArrayDeque<>();
    private boolean ended;
    private boolean endSeen;
    private long taken;
    private long damagedByte = -1;
    private long cutAfter = Long.MAX_VALUE;

    Pipe(int capacity) {
      this.capacity = capacity;
    }

    private boolean wakes() {
      return !queue.isEmpty() || (ended && !endSeen);
    }
  }

  /** Flips a bit of the n-th byte that {@code rank} sends to its right. */
  void damage(int rank, long byteIndex) {
    forward[rank].damagedByte = byteIndex;
  }

  /** The rank's streams break once it has sent this many bytes to its right. */
  void cut(int rank, long afterBytes) {
    forward[rank].cutAfter = afterBytes;
  }

  AllReduce join(int rank, int segmentBytes, Duration timeout, BooleanSupplier cancelled) {
    return new RingAllReduce(
        new MemoryLink(rank),
        new RingOptions(
            ATTEMPT, forward.length, rank, segmentBytes, timeout, cancelled, System::nanoTime));
  }

  private final class MemoryLink implements Link {
    private final int rank;
    private final Pipe out;
    private final Pipe in;
    private final Pipe backOut;
    private final Pipe backIn;

    MemoryLink(int rank) {
      int leftRank = Math.floorMod(rank - 1, forward.length);
      this.rank = rank;
      this.out = forward[rank];
      this.in = forward[leftRank];
      this.backOut = backward[rank];
      this.backIn = backward[Math.floorMod(rank + 1, forward.length)];
    }

    @Override
    public Peer self() {
      return new Peer(rank, "memory:" + rank);
    }

    @Override
    public Peer left() {
      int left = Math.floorMod(rank - 1, forward.length);
      return new Peer(left, "memory:" + left);
    }

    @Override
    public Peer right() {
      int right = Math.floorMod(rank + 1, forward.length);
      return new Peer(right, "memory:" + right);
    }

    @Override
    public int receive(ByteBuffer into) {
      return take(in, into);
    }

    @Override
    public long send(ByteBuffer[] from) throws IOException {
      synchronized (lock) {
        long count = 0;
        for (ByteBuffer buffer : from) {
          count += buffer.hasRemaining() ? give(out, buffer) : 0;
          if (buffer.hasRemaining()) {
            break;
          }
        }
        return count;
      }
    }

    @Override
    public int receiveBack(ByteBuffer into) {
      return take(backIn, into);
    }

    @Override
    public int sendBack(ByteBuffer from) throws IOException {
      return give(backOut, from);
    }

    private int take(Pipe pipe, ByteBuffer into) {
      synchronized (lock) {
        if (pipe.queue.isEmpty()) {
          pipe.endSeen = pipe.ended;
          return pipe.ended ? ENDED : 0;
        }
        int most = Math.min(into.remaining(), pipe.queue.size());
        int count = most == 0 ? 0 : 1 + random.nextInt(most);
        for (int i = 0; i < count; i++) {
          byte value = pipe.queue.remove();
          into.put(pipe.taken++ == pipe.damagedByte ? (byte) (value ^ 4) : value);
        }
        lock.notifyAll();
        return count;
      }
    }

    private int give(Pipe pipe, ByteBuffer from) throws IOException {
      synchronized (lock) {
        if (pipe.ended) {
          throw new IOException("stream is cut");
        }
        int most = Math.min(from.remaining(), pipe.capacity - pipe.queue.size());
        int count = most == 0 ? 0 : 1 + random.nextInt(most);
        for (int i = 0; i < count; i++) {
          pipe.queue.add(from.get());
        }
        if (pipe.taken + pipe.queue.size() >= pipe.cutAfter) {
          close();
        }
        lock.notifyAll();
        return count;
      }
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // The caller looks again: waking up early is allowed.
    public void await(Interest interest, long timeoutNanos) {
      synchronized (lock) {
        boolean readable = interest != Interest.SEND && in.wakes();
        boolean writable =
            interest != Interest.RECEIVE && (out.ended || out.queue.size() < out.capacity);
        if (readable || writable || backIn.wakes()) {
          return;
        }
        try {
          lock.wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @Override
    public void close() {
      synchronized (lock) {
        out.ended = true;
        in.ended = true;
        backOut.ended = true;
        backIn.ended = true;
        lock.notifyAll();
      }
    }
  }
}

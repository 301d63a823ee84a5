/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.group;

import io.cairn.collective.AllReduce;
import io.cairn.collective.Link;
import io.cairn.collective.Peer;
import io.cairn.collective.messages.FaultCodec;
import io.cairn.collective.messages.FrameHeader;
import io.cairn.collective.schedules.Algorithm;
import io.cairn.collective.schedules.AlgorithmChoice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A group without a network: byte queues from every rank to every other, each with a back-channel,
 * that take and give odd amounts, and that a test can damage or cut.
 *
 * <p>Threading: any; one lock for the whole ring.
 */
final class MemoryRing {

  static final long GROUP_ID = 77;

  private final Object lock = new Object();
  private final int worldSize;
  private final Pipe[][] forward;
  private final Pipe[][] backward;
  private final Random random;
  private int cutRank = -1;
  private long cutAfter = Long.MAX_VALUE;

  /** A group whose queues hold {@code capacity} bytes each. */
  MemoryRing(int worldSize, int capacity, long seed) {
    this.random = new Random(seed);
    this.worldSize = worldSize;
    this.forward = new Pipe[worldSize][worldSize];
    this.backward = new Pipe[worldSize][worldSize];
    for (int from = 0; from < worldSize; from++) {
      for (int to = 0; to < worldSize; to++) {
        forward[from][to] = new Pipe(capacity);
        backward[to][from] = new Pipe(FrameHeader.BYTES + FaultCodec.MAX_BYTES);
      }
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
    private int toRepeat;
    private final List<Byte> repeated = new ArrayList<>();

    Pipe(int capacity) {
      this.capacity = capacity;
    }

    private boolean hasRoom() {
      return ended || queue.size() < capacity;
    }

    private boolean wakes() {
      return !queue.isEmpty() || (ended && !endSeen);
    }
  }

  /** Flips a bit of the n-th byte that one rank sends to another. */
  void damage(int from, int to, long byteIndex) {
    forward[from][to].damagedByte = byteIndex;
  }

  /** The first bytes that one rank sends to another arrive once more, right after they did. */
  void repeat(int from, int to, int bytes) {
    forward[from][to].toRepeat = bytes;
  }

  /** The rank's streams break once it has sent this many bytes. */
  void cut(int rank, long afterBytes) {
    cutRank = rank;
    cutAfter = afterBytes;
  }

  /** A group that goes round the ring. */
  AllReduce join(int rank, int segmentBytes, Duration timeout, BooleanSupplier cancelled) {
    return join(rank, Algorithm.RING, segmentBytes, timeout, cancelled);
  }

  AllReduce join(
      int rank,
      Algorithm algorithm,
      int segmentBytes,
      Duration timeout,
      BooleanSupplier cancelled) {
    return new GroupAllReduce(
        new MemoryLink(rank),
        new GroupOptions(
            GROUP_ID,
            worldSize,
            rank,
            segmentBytes,
            timeout,
            AlgorithmChoice.always(algorithm),
            cancelled,
            System::nanoTime));
  }

  private final class MemoryLink implements Link {
    private final int rank;
    private final List<Integer> sources;
    private final List<Integer> targets;
    private long given;

    MemoryLink(int rank) {
      this.rank = rank;
      this.sources = List.copyOf(AlgorithmChoice.sources(worldSize, rank));
      this.targets = List.copyOf(AlgorithmChoice.targets(worldSize, rank));
    }

    private Peer peer(int of) {
      return new Peer(of, "memory:" + of);
    }

    @Override
    public Peer self() {
      return peer(rank);
    }

    @Override
    public List<Peer> sources() {
      return sources.stream().map(this::peer).toList();
    }

    @Override
    public List<Peer> targets() {
      return targets.stream().map(this::peer).toList();
    }

    @Override
    public boolean isProtectedFrom(int source) {
      return false;
    }

    @Override
    public boolean isProtectedTo(int target) {
      return false;
    }

    @Override
    public int receive(int source, ByteBuffer into) {
      return take(forward[sources.get(source)][rank], into);
    }

    @Override
    public long send(int target, ByteBuffer... from) throws IOException {
      synchronized (lock) {
        long count = 0;
        for (ByteBuffer buffer : from) {
          count += buffer.hasRemaining() ? give(forward[rank][targets.get(target)], buffer) : 0;
          if (buffer.hasRemaining()) {
            break;
          }
        }
        return count;
      }
    }

    @Override
    public int receiveBack(int target, ByteBuffer into) {
      return take(backward[targets.get(target)][rank], into);
    }

    @Override
    public int sendBack(int source, ByteBuffer from) throws IOException {
      return give(backward[rank][sources.get(source)], from);
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
        int most = Math.min(from.remaining(), Math.max(0, pipe.capacity - pipe.queue.size()));
        int count = most == 0 ? 0 : 1 + random.nextInt(most);
        for (int i = 0; i < count; i++) {
          byte value = from.get();
          pipe.queue.add(value);
          if (pipe.repeated.size() < pipe.toRepeat) {
            pipe.repeated.add(value);
            if (pipe.repeated.size() == pipe.toRepeat) {
              pipe.queue.addAll(pipe.repeated);
            }
          }
        }
        given += count;
        if (rank == cutRank && given >= cutAfter) {
          close();
        }
        lock.notifyAll();
        return count;
      }
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // The caller looks again: waking up early is allowed.
    public void await(BitSet reading, BitSet writing, long timeoutNanos) {
      synchronized (lock) {
        boolean readable = reading.stream().anyMatch(i -> forward[sources.get(i)][rank].wakes());
        boolean writable = writing.stream().anyMatch(i -> forward[rank][targets.get(i)].hasRoom());
        boolean news = targets.stream().anyMatch(target -> backward[target][rank].wakes());
        if (readable || writable || news) {
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
        for (int other = 0; other < worldSize; other++) {
          forward[rank][other].ended = true;
          forward[other][rank].ended = true;
          backward[rank][other].ended = true;
          backward[other][rank].ended = true;
        }
        lock.notifyAll();
      }
    }
  }
}

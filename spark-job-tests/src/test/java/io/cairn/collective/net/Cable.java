/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * What leaves one host: packets go out one after the other at the cable's bandwidth, and each
 * arrives a fixed time after it has gone. The queue before the cable is as long as it has to be.
 *
 * <p>Acknowledgements that carry no data go at once, as they would through a cable with a queue for
 * each flow.
 *
 * <p>Threading: three threads of its own, for ever.
 */
final class Cable {

  private static final int MAX_PACKET_BYTES = 65_536;
  private static final int VERSION_4 = 4;
  private static final int TCP = 6;
  private static final int PROTOCOL_AT = 9;
  private static final int LENGTH_AT = 2;
  private static final int LAST_BYTE_OF_DESTINATION_AT = 19;
  private static final int TCP_HEADER_LENGTH_AT = 12;
  private static final int WORD_BYTES = 4;

  private final Tunnel from;
  private final List<Tunnel> hosts;
  private final long delayNanos;
  private final double nanosPerByte;
  private final BlockingQueue<Packet> underWay = new LinkedBlockingQueue<>();
  private final BlockingQueue<Packet> acknowledgements = new LinkedBlockingQueue<>();

  private record Packet(ByteBuffer bytes, Tunnel to, long arrivalNanos) {}

  /** From {@code from} to whichever of {@code hosts} has the destination's number, from 1. */
  Cable(Tunnel from, List<Tunnel> hosts, long delayNanos, long bitsPerSecond) {
    this.from = from;
    this.hosts = hosts;
    this.delayNanos = delayNanos;
    this.nanosPerByte = 8e9 / bitsPerSecond;
  }

  /** From now on packets pass. */
  void connect() {
    start(this::send);
    start(() -> deliver(underWay));
    start(() -> deliver(acknowledgements));
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "cable");
    thread.setDaemon(true);
    thread.start();
  }

  private void send() {
    ByteBuffer packet = ByteBuffer.allocateDirect(MAX_PACKET_BYTES);
    double freeAtNanos = System.nanoTime();
    try {
      while (true) {
        from.read(packet);
        if (from.isCut()) {
          continue;
        }
        int destination = packet.get(LAST_BYTE_OF_DESTINATION_AT) - 1;
        if (packet.get(0) >> 4 != VERSION_4 || destination < 0 || destination >= hosts.size()) {
          continue;
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect(packet.limit()).put(packet).flip();
        long now = System.nanoTime();
        if (isAcknowledgementOnly(bytes)) {
          acknowledgements.add(new Packet(bytes, hosts.get(destination), now + delayNanos));
        } else {
          freeAtNanos = Math.max(freeAtNanos, now) + bytes.limit() * nanosPerByte;
          underWay.add(new Packet(bytes, hosts.get(destination), (long) freeAtNanos + delayNanos));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isAcknowledgementOnly(ByteBuffer packet) {
    int header = (packet.get(0) & 0xf) * WORD_BYTES;
    return packet.get(PROTOCOL_AT) == TCP
        && packet.getShort(LENGTH_AT)
            == header + ((packet.get(header + TCP_HEADER_LENGTH_AT) >> 4) & 0xf) * WORD_BYTES;
  }

  private void deliver(BlockingQueue<Packet> queue) {
    try {
      while (true) {
        Packet packet = queue.take();
        long early = packet.arrivalNanos() - System.nanoTime();
        while (early > 0) {
          LockSupport.parkNanos(early);
          early = packet.arrivalNanos() - System.nanoTime();
        }
        packet.to().write(packet.bytes());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

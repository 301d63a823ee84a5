/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * One end of two plain streams between two processes, one each way: what the machine carries if
 * nothing is done with the bytes. As a process that a {@link Contestant} commands.
 */
final class StreamEnd {

  private static final int PIECE_BYTES = 128 * 1024;

  private StreamEnd() {}

  /** Argument: 0 or 1. */
  public static void main(String[] arguments) throws IOException {
    int end = Integer.parseInt(arguments[0]);
    ExecutorService writer = Executors.newSingleThreadExecutor();
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      InetSocketAddress own = (InetSocketAddress) server.getLocalAddress();
      List<String> ports = Commands.meet(Integer.toString(own.getPort()));
      int port = Integer.parseInt(ports.get(1 - end));
      try (SocketChannel out =
              SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
          SocketChannel in = server.accept()) {
        ByteBuffer leaving = ByteBuffer.allocateDirect(PIECE_BYTES);
        ByteBuffer arriving = ByteBuffer.allocateDirect(PIECE_BYTES);
        Commands.obey(
            bytes -> {
              Future<?> written =
                  writer.submit(
                      () -> {
                        write(out, leaving, bytes);
                        return null;
                      });
              read(in, arriving, bytes);
              await(written);
            });
      }
    } finally {
      writer.shutdown();
    }
  }

  private static void write(SocketChannel out, ByteBuffer piece, int bytes) throws IOException {
    for (int left = bytes; left > 0; ) {
      piece.clear().limit(Math.min(left, piece.capacity()));
      while (piece.hasRemaining()) {
        left -= out.write(piece);
      }
    }
  }

  private static void read(SocketChannel in, ByteBuffer piece, int bytes) throws IOException {
    for (int left = bytes; left > 0; ) {
      piece.clear().limit(Math.min(left, piece.capacity()));
      int count = in.read(piece);
      if (count < 0) {
        throw new EOFException("the other end is gone");
      }
      left -= count;
    }
  }

  private static void await(Future<?> written) throws IOException {
    try {
      written.get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * Somebody on the way between two ranks: passes everything on, keeps a copy of what the caller
 * said, and may change one byte of it. Whoever calls again is hung up on.
 */
final class Relay implements AutoCloseable {

  static final long UNCHANGED = -1;

  private final ServerSocket server;
  private final InetSocketAddress target;
  private final long damagedByte;
  private final List<Socket> sockets = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  /** To {@code target}; byte number {@code damagedByte} of what the caller says is inverted. */
  Relay(InetSocketAddress target, long damagedByte) throws IOException {
    this.server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    this.target = target;
    this.damagedByte = damagedByte;
    start(this::accept);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
  }

  /** All that the caller has said. */
  byte[] said() {
    synchronized (said) {
      return said.toByteArray();
    }
  }

  private void start(Runnable work) {
    Thread thread = new Thread(work, "relay");
    thread.setDaemon(true);
    synchronized (threads) {
      threads.add(thread);
    }
    thread.start();
  }

  private void accept() {
    try {
      Socket caller = open(server.accept());
      Socket called = open(new Socket(target.getAddress(), target.getPort()));
      start(() -> pass(called, caller, false));
      pass(caller, called, true);
      while (!server.isClosed()) {
        server.accept().close();
      }
    } catch (IOException e) {
      // Closed, or nobody there.
      return;
    }
  }

  private Socket open(Socket socket) {
    synchronized (sockets) {
      sockets.add(socket);
    }
    return socket;
  }

  private void pass(Socket from, Socket to, boolean recorded) {
    byte[] bytes = new byte[8192];
    long passed = 0;
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        if (recorded) {
          if (passed <= damagedByte && damagedByte < passed + count) {
            bytes[(int) (damagedByte - passed)] ^= -1;
          }
          synchronized (said) {
            said.write(bytes, 0, count);
          }
        }
        passed += count;
        out.write(bytes, 0, count);
      }
      // What goes the other way is still passed on.
      to.shutdownOutput();
    } catch (IOException e) {
      // This way has ended for one of them.
      return;
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    synchronized (sockets) {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
    synchronized (threads) {
      threads.forEach(Thread::interrupt);
    }
  }
}

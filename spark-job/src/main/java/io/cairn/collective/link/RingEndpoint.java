/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import io.cairn.collective.AllReduce;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.SoleRank;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;

/**
 * Where a rank is reached: listens from the moment it is bound, so that its address can be
 * published before anybody connects.
 *
 * <p>Whoever binds it closes it, after connecting or instead; it serves one ring.
 *
 * <p>Threading: one thread.
 *
 * <p>Failing to bind is a fault of this host's configuration; failing to connect is a {@link
 * CollectiveException}.
 */
public final class RingEndpoint implements AutoCloseable {

  private static final int BACKLOG = 128;

  private final ServerSocketChannel server;
  private final InetSocketAddress address;

  private RingEndpoint(ServerSocketChannel server, InetSocketAddress address) {
    this.server = server;
    this.address = address;
  }

  /**
   * Listens at a free port.
   *
   * @param address of this host, as its peers reach it; not the wildcard
   */
  public static RingEndpoint bind(InetAddress address) throws IOException {
    return bind(new InetSocketAddress(address, 0));
  }

  /**
   * Listens.
   *
   * @param address of this host, as its peers reach it; port 0 for a free one
   */
  public static RingEndpoint bind(InetSocketAddress address) throws IOException {
    if (address.isUnresolved() || address.getAddress().isAnyLocalAddress()) {
      throw new IllegalArgumentException(
          "a ring's endpoint needs an address that peers can reach, not " + address);
    }
    ServerSocketChannel server = ServerSocketChannel.open();
    try {
      server.bind(address, BACKLOG);
      server.configureBlocking(false);
      return new RingEndpoint(server, (InetSocketAddress) server.getLocalAddress());
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** Where it listens: what the other ranks are told. */
  public InetSocketAddress address() {
    return address;
  }

  /**
   * Connects to both neighbours and stops listening. The group returned belongs to the caller.
   *
   * @throws CollectiveException {@code Refused} or {@code PeerSilent} naming the neighbour that is
   *     missing at the deadline, or {@code Cancelled}; a neighbour that is already connected has
   *     been told
   * @throws IOException if this host runs out of sockets
   */
  public AllReduce connect(RingMembership membership) throws IOException {
    if (membership.worldSize() == 1) {
      close();
      return new SoleRank();
    }
    try (RingConnector connector = new RingConnector(server, membership)) {
      return connector.connect();
    } finally {
      close();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.AllReduce;
import io.cairn.collective.CollectiveException;
import io.cairn.collective.SoleRank;
import io.cairn.collective.link.memory.HostShare;
import io.cairn.collective.link.tls.EphemeralIdentity;
import io.cairn.collective.link.tls.TlsLibrary;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.Optional;

/**
 * The place where a rank can be reached. It listens from the moment it is bound, so its address can
 * be published before anybody connects. In an encrypted ring it has an identity of its own, whose
 * key is made with it and forgotten with it.
 *
 * <p>Whoever binds an endpoint closes it, whether it connects or not. It serves one ring.
 *
 * <p>Threading: one thread.
 *
 * <p>If it cannot be bound, this host is configured wrongly. If it cannot connect, a {@link
 * CollectiveException} says why.
 */
public final class RingEndpoint implements AutoCloseable {

  private static final int BACKLOG = 128;

  private final ServerSocketChannel server;
  private final InetSocketAddress address;
  private final Optional<EphemeralIdentity> identity;
  private final TlsLibrary library;
  private final Optional<HostShare> share;

  private RingEndpoint(
      ServerSocketChannel server,
      InetSocketAddress address,
      Optional<EphemeralIdentity> identity,
      TlsLibrary library,
      Optional<HostShare> share) {
    this.server = server;
    this.address = address;
    this.identity = identity;
    this.library = library;
    this.share = share;
  }

  /**
   * Listens at a free port, and shares no memory.
   *
   * @param address of this host, as its peers reach it; not the wildcard
   * @param protection of the whole ring
   */
  public static RingEndpoint bind(InetAddress address, Protection protection) throws IOException {
    return bind(address, Ports.ANY, protection, Optional.empty());
  }

  /**
   * Listens.
   *
   * @param address of this host, as its peers reach it; not the wildcard
   * @param ports of which one must be free
   * @param protection of the whole ring's connections
   * @param share this rank's host; empty to share no memory with other ranks there
   * @throws IOException if no port is free, or the address is not this host's
   */
  public static RingEndpoint bind(
      InetAddress address, Ports ports, Protection protection, Optional<HostShare> share)
      throws IOException {
    TlsLibrary library =
        switch (protection) {
          case TLS -> TlsLibrary.best();
          case PLAIN -> TlsLibrary.JDK;
        };
    return bind(address, ports, protection, library, share);
  }

  /** Listens; encrypted connections are then by {@code library}, which works here. */
  static RingEndpoint bind(
      InetAddress address,
      Ports ports,
      Protection protection,
      TlsLibrary library,
      Optional<HostShare> share)
      throws IOException {
    if (address.isAnyLocalAddress()) {
      throw new IllegalArgumentException(
          "a ring's endpoint needs an address that peers can reach, not " + address);
    }
    Optional<EphemeralIdentity> identity =
        switch (protection) {
          case TLS -> Optional.of(EphemeralIdentity.create());
          case PLAIN -> Optional.empty();
        };
    ServerSocketChannel server = listen(address, ports);
    try {
      server.configureBlocking(false);
      return new RingEndpoint(
          server, (InetSocketAddress) server.getLocalAddress(), identity, library, share);
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private static ServerSocketChannel listen(InetAddress address, Ports ports) throws IOException {
    BindException last = null;
    for (int port = ports.first(); port <= ports.last(); port++) {
      ServerSocketChannel server = ServerSocketChannel.open();
      try {
        server.bind(new InetSocketAddress(address, port), BACKLOG);
        return server;
      } catch (BindException e) {
        server.close();
        last = e;
      } catch (IOException | RuntimeException e) {
        server.close();
        throw e;
      }
    }
    throw new BindException(
        "cannot listen at "
            + address.getHostAddress()
            + ", at none of the ports "
            + ports
            + " (collective.port-range): "
            + last.getMessage());
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  /** What the other ranks are told. */
  public Member member(int rank) {
    return new Member(rank, address, identity.map(EphemeralIdentity::fingerprint), share);
  }

  /**
   * Connects this rank with its sources and targets and stops listening. The group returned belongs
   * to the caller.
   *
   * @throws CollectiveException {@code Refused} or {@code PeerSilent} naming a rank that is missing
   *     at the deadline, or {@code Cancelled}; ranks that are already connected have been told
   * @throws IOException if this host runs out of sockets
   * @throws IllegalArgumentException if the members and this endpoint are not protected alike
   */
  public AllReduce connect(RingMembership membership) throws IOException {
    if (membership.worldSize() == 1) {
      close();
      return new SoleRank();
    }
    try (Wires wires = Wires.of(identity, library, membership);
        RingConnector connector = new RingConnector(server, membership, wires)) {
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

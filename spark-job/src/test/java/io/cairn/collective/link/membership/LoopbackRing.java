/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.AllReduce;
import io.cairn.collective.Ranks;
import io.cairn.collective.link.memory.HostShare;
import io.cairn.collective.link.tls.TlsLibrary;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/**
 * A ring over real sockets of this machine, with ranks as threads. Endpoints are bound at once;
 * each rank's thread connects, does its part and closes.
 */
final class LoopbackRing implements AutoCloseable {

  static final long GROUP_ID = 4711;
  static final Duration PATIENT = Duration.ofSeconds(20);

  private final List<RingEndpoint> endpoints = new ArrayList<>();
  private final CountDownLatch allConnected;
  private final Duration progressTimeout;

  /** What one rank does with the group. */
  @FunctionalInterface
  interface Part<T> {
    T play(int rank, AllReduce group) throws Exception;
  }

  LoopbackRing(int worldSize, Protection protection) throws IOException {
    this(worldSize, protection, PATIENT);
  }

  LoopbackRing(int worldSize, Protection protection, Duration progressTimeout) throws IOException {
    this(protection, progressTimeout, Collections.nCopies(worldSize, Optional.empty()));
  }

  LoopbackRing(int worldSize, TlsLibrary library) throws IOException {
    this(worldSize, library, PATIENT);
  }

  LoopbackRing(int worldSize, TlsLibrary library, Duration progressTimeout) throws IOException {
    this(
        Protection.TLS, library, progressTimeout, Collections.nCopies(worldSize, Optional.empty()));
  }

  /** One rank for each of {@code shares}, which say what it shares with others of its host. */
  LoopbackRing(Protection protection, Duration progressTimeout, List<Optional<HostShare>> shares)
      throws IOException {
    this(protection, TlsLibrary.best(), progressTimeout, shares);
  }

  private LoopbackRing(
      Protection protection,
      TlsLibrary library,
      Duration progressTimeout,
      List<Optional<HostShare>> shares)
      throws IOException {
    this.progressTimeout = progressTimeout;
    this.allConnected = new CountDownLatch(shares.size());
    for (Optional<HostShare> share : shares) {
      endpoints.add(
          RingEndpoint.bind(
              InetAddress.getLoopbackAddress(), Ports.ANY, protection, library, share));
    }
  }

  RingEndpoint endpoint(int rank) {
    return endpoints.get(rank);
  }

  List<Member> members() {
    List<Member> members = new ArrayList<>();
    for (RingEndpoint endpoint : endpoints) {
      members.add(endpoint.member(members.size()));
    }
    return members;
  }

  RingMembership membership(int rank, BooleanSupplier cancelled) {
    return new RingMembership(GROUP_ID, rank, members(), PATIENT, progressTimeout, cancelled);
  }

  /** Connects all ranks and lets each play its part, once every one is connected; then closes. */
  <T> List<Ranks.Outcome<T>> play(Part<T> part) {
    return play(part, () -> false);
  }

  <T> List<Ranks.Outcome<T>> play(Part<T> part, BooleanSupplier cancelled) {
    return Ranks.run(
        endpoints.size(),
        rank ->
            () -> {
              try (AllReduce group = endpoint(rank).connect(membership(rank, cancelled))) {
                allConnected.countDown();
                allConnected.await();
                return part.play(rank, group);
              }
            });
  }

  @Override
  public void close() throws IOException {
    for (RingEndpoint endpoint : endpoints) {
      endpoint.close();
    }
  }
}

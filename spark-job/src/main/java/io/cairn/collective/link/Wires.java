/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * Makes the wires to one rank's partners, as the ring is protected. Whoever calls is the client of
 * TLS, whoever is called the server.
 *
 * <p>Threading: immutable.
 */
final class Wires {

  /** AES-128 is strong enough and the fastest; the other one is for JVMs that insist. */
  private static final String[] CIPHER_SUITES = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"
  };

  private final Map<Integer, SSLContext> toCalled;
  private final Optional<SSLContext> fromCallers;

  private Wires(Map<Integer, SSLContext> toCalled, Optional<SSLContext> fromCallers) {
    this.toCalled = toCalled;
    this.fromCallers = fromCallers;
  }

  /**
   * For the partners of {@code membership}.
   *
   * @param identity this rank's, if the ring is encrypted
   * @throws IllegalArgumentException if the members are protected otherwise than this rank
   */
  static Wires of(Optional<EphemeralIdentity> identity, RingMembership membership) {
    Optional<Fingerprint> own = identity.map(EphemeralIdentity::fingerprint);
    if (!membership.self().certificate().equals(own)) {
      throw new IllegalArgumentException(
          "the members name another certificate for rank "
              + membership.rank()
              + " than its endpoint has");
    }
    if (identity.isEmpty()) {
      return new Wires(Map.of(), Optional.empty());
    }
    Map<Integer, SSLContext> toCalled = new HashMap<>();
    for (Member called : membership.called()) {
      Set<Fingerprint> only = Set.of(certificate(called));
      toCalled.put(called.rank(), identity.get().contextFor(only));
    }
    Set<Fingerprint> callers =
        membership.callers().stream().map(Wires::certificate).collect(Collectors.toSet());
    return new Wires(toCalled, Optional.of(identity.get().contextFor(callers)));
  }

  private static Fingerprint certificate(Member partner) {
    return partner
        .certificate()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "rank " + partner.rank() + " has published no certificate"));
  }

  /** Takes over a channel on which this rank calls a partner. */
  Wire to(Member called, SocketChannel channel) {
    return wire(channel, Optional.ofNullable(toCalled.get(called.rank())), End.CALLING);
  }

  /** Takes over a channel on which this rank was called, by a partner or by anyone. */
  Wire from(SocketChannel channel) {
    return wire(channel, fromCallers, End.CALLED);
  }

  private enum End {
    CALLING,
    CALLED
  }

  private static Wire wire(SocketChannel channel, Optional<SSLContext> context, End end) {
    if (context.isEmpty()) {
      return new PlainWire(channel);
    }
    // Without the peer's name there is nothing to resume, and every connection is proved afresh.
    SSLEngine engine = context.get().createSSLEngine();
    engine.setUseClientMode(end == End.CALLING);
    SSLParameters parameters =
        new SSLParameters(CIPHER_SUITES, new String[] {EphemeralIdentity.PROTOCOL});
    parameters.setUseCipherSuitesOrder(true);
    parameters.setNeedClientAuth(end == End.CALLED);
    engine.setSSLParameters(parameters);
    return new TlsWire(channel, engine);
  }
}

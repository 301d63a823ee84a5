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
 * Makes the wires of one rank, as the ring is protected. Whoever calls is the client of TLS,
 * whoever is called the server.
 *
 * <p>Threading: immutable.
 */
final class Wires {

  /** AES-128 is strong enough and the fastest; the other one is for JVMs that insist. */
  private static final String[] CIPHER_SUITES = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"
  };

  private final Map<Integer, SSLContext> toTargets;
  private final Optional<SSLContext> fromSources;

  private Wires(Map<Integer, SSLContext> toTargets, Optional<SSLContext> fromSources) {
    this.toTargets = toTargets;
    this.fromSources = fromSources;
  }

  /**
   * For the targets and sources of {@code membership}.
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
    Map<Integer, SSLContext> toTargets = new HashMap<>();
    for (Member target : membership.targets()) {
      Set<Fingerprint> only = Set.of(certificate(target));
      toTargets.put(target.rank(), identity.get().contextFor(only));
    }
    Set<Fingerprint> sources =
        membership.sources().stream().map(Wires::certificate).collect(Collectors.toSet());
    return new Wires(toTargets, Optional.of(identity.get().contextFor(sources)));
  }

  private static Fingerprint certificate(Member member) {
    return member
        .certificate()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "rank " + member.rank() + " has published no certificate"));
  }

  /** Takes over a channel on which this rank calls a target. */
  Wire to(Member target, SocketChannel channel) {
    return wire(channel, Optional.ofNullable(toTargets.get(target.rank())), End.CALLING);
  }

  /** Takes over a channel on which this rank was called, by a source or by anyone. */
  Wire from(SocketChannel channel) {
    return wire(channel, fromSources, End.CALLED);
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

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import java.nio.channels.SocketChannel;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * Makes the wires to one rank's neighbours, as the ring is protected. Whoever calls is the client
 * of TLS, whoever is called the server.
 *
 * <p>Threading: immutable.
 */
final class Wires {

  /** AES-128 is strong enough and the fastest; the other one is for JVMs that insist. */
  private static final String[] CIPHER_SUITES = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"
  };

  private final Optional<SSLContext> toRight;
  private final Optional<SSLContext> fromLeft;

  private Wires(Optional<SSLContext> toRight, Optional<SSLContext> fromLeft) {
    this.toRight = toRight;
    this.fromLeft = fromLeft;
  }

  /**
   * For the neighbours of {@code membership}.
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
    return new Wires(
        identity.map(me -> me.contextFor(certificate(membership.right()))),
        identity.map(me -> me.contextFor(certificate(membership.left()))));
  }

  private static Fingerprint certificate(Member neighbour) {
    return neighbour
        .certificate()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "rank " + neighbour.rank() + " has published no certificate"));
  }

  /** Takes over a channel on which this rank calls its right neighbour. */
  Wire toRight(SocketChannel channel) {
    return wire(channel, toRight, End.CALLING);
  }

  /** Takes over a channel on which this rank was called, by its left neighbour or by anyone. */
  Wire fromLeft(SocketChannel channel) {
    return wire(channel, fromLeft, End.CALLED);
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

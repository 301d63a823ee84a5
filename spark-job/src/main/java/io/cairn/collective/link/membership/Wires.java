/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.PlainWire;
import io.cairn.collective.link.Wire;
import io.cairn.collective.link.tls.EphemeralIdentity;
import io.cairn.collective.link.tls.TlsContext;
import io.cairn.collective.link.tls.TlsLibrary;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes the wires of one rank, encrypted or plain as the ring is. In TLS the rank that calls is the
 * client, and the rank that is called is the server.
 *
 * <p>Whoever connects with it owns it, and closes it after that.
 *
 * <p>Threading: immutable.
 */
final class Wires implements AutoCloseable {

  private final Map<Integer, TlsContext> toTargets;
  private final Optional<TlsContext> fromSources;

  private Wires(Map<Integer, TlsContext> toTargets, Optional<TlsContext> fromSources) {
    this.toTargets = toTargets;
    this.fromSources = fromSources;
  }

  /**
   * For the targets and sources of {@code membership}.
   *
   * @param identity this rank's, if the ring is encrypted
   * @param library then does it
   * @throws IllegalArgumentException if the members are protected otherwise than this rank
   */
  static Wires of(
      Optional<EphemeralIdentity> identity, TlsLibrary library, RingMembership membership) {
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
    EphemeralIdentity self = identity.get();
    Map<Integer, Fingerprint> targets =
        membership.targets().stream().collect(Collectors.toMap(Member::rank, Wires::certificate));
    Set<Fingerprint> sources =
        membership.sources().stream().map(Wires::certificate).collect(Collectors.toSet());
    Map<Integer, TlsContext> toTargets = new HashMap<>();
    targets.forEach(
        (rank, only) ->
            toTargets.put(rank, self.tls(library, TlsContext.End.CALLING, Set.of(only))));
    return new Wires(toTargets, Optional.of(self.tls(library, TlsContext.End.CALLED, sources)));
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
    return wire(channel, Optional.ofNullable(toTargets.get(target.rank())));
  }

  /** Takes over a channel on which this rank was called, by a source or by anyone. */
  Wire from(SocketChannel channel) {
    return wire(channel, fromSources);
  }

  private static Wire wire(SocketChannel channel, Optional<TlsContext> context) {
    return context.isPresent() ? context.get().wire(channel) : new PlainWire(channel);
  }

  /** Makes no more wires; those that it has made go on. */
  @Override
  public void close() {
    toTargets.values().forEach(TlsContext::close);
    fromSources.ifPresent(TlsContext::close);
  }
}

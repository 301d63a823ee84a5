/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.Peer;
import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.memory.HostShare;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * What a rank of a ring publishes about itself before the ranks connect.
 *
 * @param rank its number, from 0
 * @param address what {@link RingEndpoint#address()} said on that rank
 * @param certificate fingerprint of the only certificate that is accepted as this rank's; empty in
 *     a ring that is not encrypted
 * @param share the host it is on, if it shares memory with other ranks there
 */
public record Member(
    int rank,
    InetSocketAddress address,
    Optional<Fingerprint> certificate,
    Optional<HostShare> share) {

  public Member {
    if (rank < 0 || address == null || address.getPort() == 0) {
      throw new IllegalArgumentException(
          "a member has a rank and an address with a port, not " + rank + " at " + address);
    }
    if (certificate == null) {
      throw new IllegalArgumentException("a member has a certificate or explicitly none");
    }
    if (share == null) {
      throw new IllegalArgumentException("a member shares its host or explicitly does not");
    }
  }

  /** One that shares no memory. */
  public Member(int rank, InetSocketAddress address, Optional<Fingerprint> certificate) {
    this(rank, address, certificate, Optional.empty());
  }

  /** The same rank as errors name it. */
  Peer peer() {
    return new Peer(rank, address.getHostString() + ":" + address.getPort());
  }

  /** Whether both say that they are on the same host. */
  boolean mayShareWith(Member other) {
    return share.isPresent()
        && other.share.isPresent()
        && share.get().host().equals(other.share.get().host());
  }
}

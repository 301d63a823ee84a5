/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.link.Wire;
import io.cairn.collective.link.memory.MemoryAgreement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks all sources and targets on the same host, once they are connected, whether bytes can go
 * through memory. There is one {@link MemoryAgreement} for each of them.
 *
 * <p>Owns the connections until they are released.
 *
 * <p>Threading: one thread.
 *
 * <p>Does not fail. Without an agreement bytes go through the connection.
 */
final class HostAgreements implements AutoCloseable {

  private final Member self;
  private final Map<Integer, MemoryAgreement> fromSources = new HashMap<>();
  private final Map<Integer, MemoryAgreement> toTargets = new HashMap<>();
  private final Map<MemoryAgreement, Member> others = new HashMap<>();

  HostAgreements(Member self) {
    this.self = self;
  }

  /** Takes over the connection that a source has made. */
  void addSource(Member source, Wire wire) {
    MemoryAgreement agreement =
        source.mayShareWith(self)
            ? MemoryAgreement.asking(wire, source.share().orElseThrow(), names(source, self))
            : MemoryAgreement.none(wire);
    fromSources.put(source.rank(), agreement);
    others.put(agreement, source);
  }

  /** Takes over the connection made to a target. */
  void addTarget(Member target, Wire wire) {
    MemoryAgreement agreement =
        self.mayShareWith(target)
            ? MemoryAgreement.offering(wire, self.share().orElseThrow(), names(self, target))
            : MemoryAgreement.none(wire);
    toTargets.put(target.rank(), agreement);
    others.put(agreement, target);
  }

  private static String names(Member from, Member to) {
    return "rank " + from.rank() + " sends to rank " + to.rank();
  }

  /** Those that are not settled. */
  List<MemoryAgreement> open() {
    return others.keySet().stream().filter(agreement -> !agreement.done()).toList();
  }

  /** The rank at the other end. */
  Member other(MemoryAgreement agreement) {
    return others.get(agreement);
  }

  /**
   * What bytes of the sources go through, by rank, as far as that can be said; ownership passes.
   */
  Map<Integer, Wire> releaseSources() {
    return release(fromSources);
  }

  /**
   * What bytes to the targets go through, by rank, as far as that can be said; ownership passes.
   */
  Map<Integer, Wire> releaseTargets() {
    return release(toTargets);
  }

  private static Map<Integer, Wire> release(Map<Integer, MemoryAgreement> agreements) {
    Map<Integer, Wire> wires = new HashMap<>();
    agreements.forEach(
        (rank, agreement) -> {
          Optional<Wire> wire = agreement.release();
          wire.ifPresent(released -> wires.put(rank, released));
        });
    return wires;
  }

  @Override
  public void close() {
    new ArrayList<>(others.keySet()).forEach(MemoryAgreement::close);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.Link;
import io.cairn.collective.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

/**
 * A rank's place in a simulated group. Every call takes some virtual time, may let others run
 * first, and may be the one at which something happens to the rank.
 *
 * <p>Threading: whoever has the baton.
 */
final class SimulatedLink implements Link {

  private final int rank;
  private final Actor actor;
  private final Attempt attempt;
  private final Baton baton;
  private final Random random;
  private final Conditions conditions;
  private final List<SimulatedConnection> toTargets;
  private final List<SimulatedConnection> fromSources;
  private final List<Injection.OnRank> mishaps;
  private final long slownessNanos;
  private int calls;
  private int overslept;
  private boolean cancelled;
  private boolean gone;

  SimulatedLink(
      int rank,
      Actor actor,
      Attempt attempt,
      List<SimulatedConnection> connections,
      Random random) {
    this.rank = rank;
    this.actor = actor;
    this.attempt = attempt;
    this.baton = attempt.baton();
    this.random = random;
    this.conditions = attempt.setup().conditions();
    this.toTargets = connections.stream().filter(it -> it.sender() == rank).toList();
    this.fromSources = connections.stream().filter(it -> it.receiver() == rank).toList();
    this.mishaps = attempt.mishapsOf(rank);
    this.slownessNanos = rank == attempt.setup().slowRank() ? attempt.setup().slownessNanos() : 0;
  }

  /** How many waits ended because time was up. */
  int overslept() {
    return overslept;
  }

  /** How often it was called. */
  int calls() {
    return calls;
  }

  boolean cancelled() {
    return cancelled;
  }

  private void call() {
    if (gone || baton.isOver()) {
      throw new Actor.Gone();
    }
    baton.spend(conditions.callNanos());
    for (Injection.OnRank mishap : mishaps) {
      if (mishap.call() == calls) {
        attempt.happened(mishap);
        suffer(mishap);
      }
    }
    calls++;
    if (slownessNanos > 0) {
      actor.sleep(slownessNanos);
    } else if (random.nextDouble() < conditions.switching()) {
      actor.giveWay();
    }
  }

  private void suffer(Injection.OnRank mishap) {
    switch (mishap.mishap()) {
      case KILLED -> {
        gone = true;
        end();
        throw new Actor.Gone();
      }
      case CRASHED -> {
        gone = true;
        toTargets.forEach(SimulatedConnection::reset);
        fromSources.forEach(SimulatedConnection::reset);
        throw new Actor.Gone();
      }
      case STOPPED -> actor.stop(Long.MAX_VALUE);
      case PAUSED -> actor.stop(baton.now() + mishap.nanos());
      case CANCELLED -> cancelled = true;
      case INTERRUPTED -> Thread.currentThread().interrupt();
    }
  }

  private Peer peer(int number) {
    return new Peer(number, "simulated:" + number);
  }

  @Override
  public Peer self() {
    return peer(rank);
  }

  @Override
  public List<Peer> sources() {
    return fromSources.stream().map(source -> peer(source.sender())).toList();
  }

  @Override
  public List<Peer> targets() {
    return toTargets.stream().map(target -> peer(target.receiver())).toList();
  }

  @Override
  public boolean isProtectedFrom(int source) {
    return fromSources.get(source).isProtected();
  }

  @Override
  public boolean isProtectedTo(int target) {
    return toTargets.get(target).isProtected();
  }

  @Override
  public int receive(int source, ByteBuffer into) throws IOException {
    call();
    return fromSources.get(source).take(into);
  }

  @Override
  public long send(int target, ByteBuffer... from) throws IOException {
    call();
    return toTargets.get(target).give(from);
  }

  @Override
  public int receiveBack(int target, ByteBuffer into) throws IOException {
    call();
    return toTargets.get(target).takeBack(into);
  }

  @Override
  public int sendBack(int source, ByteBuffer from) throws IOException {
    call();
    return fromSources.get(source).giveBack(from);
  }

  @Override
  public void await(BitSet reading, BitSet writing, long timeoutNanos) {
    call();
    if (Thread.currentThread().isInterrupted()) {
      return;
    }
    long end = baton.now() + timeoutNanos;
    actor.waitFor(() -> mayGoOn(reading, writing), end);
    if (baton.now() >= end) {
      overslept++;
    }
  }

  private boolean mayGoOn(BitSet reading, BitSet writing) {
    return reading.stream().anyMatch(source -> fromSources.get(source).there().isReadable())
        || writing.stream().anyMatch(target -> toTargets.get(target).there().hasRoom())
        || toTargets.stream().anyMatch(target -> target.back().isReadable());
  }

  @Override
  public void close() {
    call();
    end();
  }

  private void end() {
    toTargets.forEach(SimulatedConnection::close);
    fromSources.forEach(SimulatedConnection::closeBack);
  }
}

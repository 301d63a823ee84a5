/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.Link;
import io.cairn.collective.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

/**
 * A rank's place in a simulated ring. Every call takes some virtual time, may let others run first,
 * and may be the one at which something happens to the rank.
 *
 * <p>Threading: whoever has the baton.
 */
final class SimulatedLink implements Link {

  private final int rank;
  private final int worldSize;
  private final Actor actor;
  private final Attempt attempt;
  private final Baton baton;
  private final Random random;
  private final Conditions conditions;
  private final SimulatedConnection toRight;
  private final SimulatedConnection fromLeft;
  private final List<Injection.OnRank> mishaps;
  private final long slownessNanos;
  private int calls;
  private boolean cancelled;
  private boolean gone;

  SimulatedLink(
      int rank,
      Actor actor,
      Attempt attempt,
      List<SimulatedConnection> connections,
      Random random) {
    this.rank = rank;
    this.worldSize = connections.size();
    this.actor = actor;
    this.attempt = attempt;
    this.baton = attempt.baton();
    this.random = random;
    this.conditions = attempt.setup().conditions();
    this.toRight = connections.get(rank);
    this.fromLeft = connections.get(left().rank());
    this.mishaps = attempt.mishapsOf(rank);
    this.slownessNanos = rank == attempt.setup().slowRank() ? attempt.setup().slownessNanos() : 0;
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
        toRight.close();
        fromLeft.closeBack();
        throw new Actor.Gone();
      }
      case CRASHED -> {
        gone = true;
        toRight.reset();
        fromLeft.reset();
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
  public Peer left() {
    return peer((rank + worldSize - 1) % worldSize);
  }

  @Override
  public Peer right() {
    return peer((rank + 1) % worldSize);
  }

  @Override
  public int receive(ByteBuffer into) throws IOException {
    call();
    return fromLeft.there().take(into);
  }

  @Override
  public long send(ByteBuffer[] from) throws IOException {
    call();
    return toRight.give(from);
  }

  @Override
  public int receiveBack(ByteBuffer into) throws IOException {
    call();
    return toRight.back().take(into);
  }

  @Override
  public int sendBack(ByteBuffer from) throws IOException {
    call();
    return fromLeft.giveBack(from);
  }

  @Override
  public void await(Interest interest, long timeoutNanos) {
    call();
    if (Thread.currentThread().isInterrupted()) {
      return;
    }
    actor.waitFor(() -> mayGoOn(interest), baton.now() + timeoutNanos);
  }

  private boolean mayGoOn(Interest interest) {
    return (interest != Interest.SEND && fromLeft.there().isReadable())
        || (interest != Interest.RECEIVE && toRight.there().hasRoom())
        || toRight.back().isReadable();
  }

  @Override
  public void close() {
    call();
    toRight.close();
    fromLeft.closeBack();
  }
}

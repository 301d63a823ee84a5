/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import io.cairn.collective.CollectiveException;
import io.cairn.collective.Fault;
import io.cairn.collective.FaultKind;
import io.cairn.collective.Peer;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Makes the exception for what a rank sees. It fills in the update, the phase and the times.
 *
 * <p>The parts of one group share it.
 *
 * <p>Threading: one thread.
 */
public final class FaultReporter {

  private final Peer self;
  private final LongSupplier nanoClock;
  private long update = Fault.CONNECTING;
  private long startedNanos;
  private String phase = Fault.CONNECTING_PHASE;
  private long bytesSoFar;

  /** For the rank {@code self}. */
  public FaultReporter(Peer self, LongSupplier nanoClock) {
    this.self = self;
    this.nanoClock = nanoClock;
  }

  /** From now on everything concerns {@code nextUpdate}. */
  public void begin(long nextUpdate) {
    update = nextUpdate;
    bytesSoFar = 0;
    startedNanos = nanoClock.getAsLong();
  }

  /** What is being done now, in words. */
  public void enter(String nextPhase) {
    phase = nextPhase;
  }

  /** Numbers of this update have arrived. */
  public void received(int bytes) {
    bytesSoFar += bytes;
  }

  /** This rank. */
  public int rank() {
    return self.rank();
  }

  /** The update that everything concerns now. */
  public long update() {
    return update;
  }

  /** When that began. */
  public long startedNanos() {
    return startedNanos;
  }

  /** The time, by the clock that all its times are of. */
  public long now() {
    return nanoClock.getAsLong();
  }

  /** A failure of {@code peer}, from which nothing was heard since {@code lastHeardNanos}. */
  public CollectiveException saw(FaultKind kind, Peer peer, long lastHeardNanos, String detail) {
    Duration waited = Duration.ofNanos(Math.max(0, now() - lastHeardNanos));
    return new Fault(
            kind,
            peer.rank(),
            peer.address(),
            update,
            phase,
            bytesSoFar,
            waited,
            self.rank(),
            detail)
        .noticed();
  }

  /** The same with what the system said. */
  public CollectiveException saw(
      FaultKind kind, Peer peer, long lastHeardNanos, String detail, Throwable cause) {
    CollectiveException failure = saw(kind, peer, lastHeardNanos, detail);
    failure.initCause(cause);
    return failure;
  }
}

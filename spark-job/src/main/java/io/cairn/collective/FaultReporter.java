/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Puts what a rank sees into words: makes the exceptions, with the update and the times filled in.
 *
 * <p>Shared by the parts of one {@link GroupAllReduce}. Threading: one thread.
 */
final class FaultReporter {

  private final Peer self;
  private final LongSupplier nanoClock;
  private long update = Fault.CONNECTING;
  private long startedNanos;
  private String phase = Fault.CONNECTING_PHASE;
  private long bytesSoFar;

  FaultReporter(Peer self, LongSupplier nanoClock) {
    this.self = self;
    this.nanoClock = nanoClock;
  }

  /** From now on everything concerns {@code nextUpdate}. */
  void begin(long nextUpdate) {
    update = nextUpdate;
    bytesSoFar = 0;
    startedNanos = nanoClock.getAsLong();
  }

  /** What is being done now, in words. */
  void enter(String nextPhase) {
    phase = nextPhase;
  }

  /** Numbers of this update have arrived. */
  void received(int bytes) {
    bytesSoFar += bytes;
  }

  /** This rank. */
  int rank() {
    return self.rank();
  }

  long update() {
    return update;
  }

  long startedNanos() {
    return startedNanos;
  }

  long now() {
    return nanoClock.getAsLong();
  }

  /** A failure of {@code peer}, from which nothing was heard since {@code lastHeardNanos}. */
  CollectiveException saw(FaultKind kind, Peer peer, long lastHeardNanos, String detail) {
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
  CollectiveException saw(
      FaultKind kind, Peer peer, long lastHeardNanos, String detail, Throwable cause) {
    CollectiveException failure = saw(kind, peer, lastHeardNanos, detail);
    failure.initCause(cause);
    return failure;
  }
}

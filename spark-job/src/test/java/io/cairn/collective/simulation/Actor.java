/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * One rank's turn to run: its thread passes the baton on whenever it waits, and gets it back when
 * it is drawn again.
 *
 * <p>Threading: its own thread, except for {@link #run}.
 */
final class Actor {

  /** Unwinds the thread of a rank that is no more. */
  static final class Gone extends Error {
    private static final long serialVersionUID = 1L;

    Gone() {
      super("the rank is gone", null, false, false);
    }
  }

  private final Baton baton;
  private volatile Thread thread;
  private volatile boolean hasBaton;
  private BooleanSupplier ready = () -> true;
  private long wakesAt = Long.MAX_VALUE;
  private long stoppedUntil;
  private boolean ended;

  Actor(Baton baton) {
    this.baton = baton;
  }

  boolean hasEnded() {
    return ended;
  }

  boolean isAble(long now) {
    return now >= stoppedUntil && (now >= wakesAt || ready.getAsBoolean());
  }

  /** When it is able to run if nothing else happens. */
  long ableAt(long now) {
    return now >= stoppedUntil ? wakesAt : stoppedUntil;
  }

  /** Gives it the baton. */
  void run() {
    hasBaton = true;
    LockSupport.unpark(thread);
  }

  /** On its own thread, before anything else. */
  void begin() {
    thread = Thread.currentThread();
    park();
  }

  /** On its own thread, after everything else. */
  void end() {
    ended = true;
    Actor next = baton.next();
    if (next != null) {
      next.run();
    }
  }

  /** Lets others run, without waiting for anything. */
  void giveWay() {
    waitFor(() -> true, Long.MAX_VALUE);
  }

  /** Lets others run until so much time has passed. */
  void sleep(long nanos) {
    waitFor(() -> false, baton.now() + nanos);
  }

  /** Lets others run until something is so, or it is that late. */
  void waitFor(BooleanSupplier condition, long untilNanos) {
    ready = condition;
    wakesAt = untilNanos;
    Actor next = baton.next();
    if (next != this) {
      next.run();
      park();
    }
    if (baton.isOver()) {
      throw new Gone();
    }
  }

  /** Nothing wakes it before that time, which may be never: {@link Long#MAX_VALUE}. */
  void stop(long untilNanos) {
    stoppedUntil = untilNanos;
    giveWay();
  }

  private void park() {
    boolean interrupted = false;
    while (!hasBaton) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    hasBaton = false;
    if (interrupted) {
      thread.interrupt();
    }
  }
}

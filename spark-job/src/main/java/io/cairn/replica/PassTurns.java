/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

/**
 * The passes of one call of {@link SideBySide#run}, and whose turn it is: they are taken, and their
 * results added, in the order of their numbers, whichever thread is done first.
 *
 * <p>Threading: all its threads; its monitor guards the turns.
 */
final class PassTurns<B, R> {
  private final int count;
  private final int lanes;
  private final SideBySide.Passes<B, R> passes;
  private int taken;
  private int added;
  private boolean stopped;
  private int failedPass = Integer.MAX_VALUE;
  private Throwable failure;

  PassTurns(int count, int lanes, SideBySide.Passes<B, R> passes) {
    this.count = count;
    this.lanes = lanes;
    this.passes = passes;
  }

  /**
   * The passes of one thread.
   *
   * @throws InterruptedException if it is interrupted: the caller's own
   */
  void walk(PassNetwork network, int lane) throws InterruptedException {
    int pass = lane;
    try {
      for (; pass < count && awaitTake(pass); pass += lanes) {
        B batch = passes.take();
        taken(pass);
        R result = passes.compute(network, batch, pass);
        if (!awaitAdd(pass)) {
          return;
        }
        passes.add(network, batch, result);
        added(pass);
      }
    } catch (RuntimeException | Error e) {
      failed(pass, e);
    }
  }

  /** The same on another thread, which nobody interrupts but whoever has called {@link #stop}. */
  void walkBeside(PassNetwork network, int lane) {
    try {
      walk(network, lane);
    } catch (InterruptedException e) {
      interrupted(lane, e);
    }
  }

  /** False if the pass is not to be begun. */
  private synchronized boolean awaitTake(int pass) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    while (taken != pass && !isOver()) {
      wait();
    }
    return !isOver();
  }

  /** False if the pass is not to be added. */
  private synchronized boolean awaitAdd(int pass) throws InterruptedException {
    while (added != pass && !stopped && failedPass > pass) {
      wait();
    }
    return !stopped && failedPass > pass;
  }

  private synchronized boolean isOver() {
    return stopped || failure != null;
  }

  private synchronized void taken(int pass) {
    taken = pass + 1;
    notifyAll();
  }

  private synchronized void added(int pass) {
    added = pass + 1;
    notifyAll();
  }

  private synchronized void failed(int pass, Throwable cause) {
    if (pass < failedPass) {
      failedPass = pass;
      failure = cause;
    }
    notifyAll();
  }

  /** No pass begins or is added any more. */
  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  private synchronized void interrupted(int lane, InterruptedException cause) {
    if (!stopped) {
      int next = added + Math.floorMod(lane - added, lanes);
      failed(next, new IllegalStateException("somebody interrupted a thread of passes", cause));
    }
  }

  synchronized void throwFailure() {
    if (failure != null) {
      throw unchecked(failure);
    }
  }

  /** Throws it; the type is for the compiler. */
  static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) failure;
  }
}

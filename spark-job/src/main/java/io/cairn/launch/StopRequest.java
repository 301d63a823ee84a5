/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.util.SignalUtils;
import scala.runtime.AbstractFunction0;

/**
 * Somebody wants the run to stop: Ctrl-C, a scheduler's SIGTERM, a closed terminal.
 *
 * <p>The first signal asks; the run ends in good order and says that it can be continued. A second
 * one is not ours any more and kills the process as usual.
 *
 * <p>Threading: safe everywhere; actions run on the thread that asks.
 */
public final class StopRequest {

  private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

  private final List<Runnable> actions = new ArrayList<>();
  private String reason;
  private boolean onSignals;

  /** A request that nobody has made yet. */
  public StopRequest() {}

  /** Lets this process's stop signals ask. They stay caught until the process ends. */
  public void onSignals() {
    synchronized (this) {
      onSignals = true;
    }
    for (String signal : SIGNALS) {
      SignalUtils.register(
          signal,
          new AbstractFunction0<Object>() {
            @Override
            public Object apply() {
              return ask("stopped by SIG" + signal);
            }
          });
    }
  }

  /** Whether this process, and how it ends, is the run's. */
  synchronized boolean isOnSignals() {
    return onSignals;
  }

  /**
   * Asks.
   *
   * @return false if it was asked before
   */
  public boolean ask(String why) {
    List<Runnable> toRun;
    synchronized (this) {
      if (reason != null) {
        return false;
      }
      reason = why;
      notifyAll();
      toRun = List.copyOf(actions);
    }
    toRun.forEach(Runnable::run);
    return true;
  }

  /**
   * Waits, but not longer than until somebody asks.
   *
   * @return why to stop, if somebody has asked
   */
  public synchronized Optional<String> await(Duration longest) throws InterruptedException {
    long end = System.nanoTime() + longest.toNanos();
    for (long left = longest.toMillis();
        reason == null && left > 0;
        left = Duration.ofNanos(end - System.nanoTime()).toMillis()) {
      wait(left);
    }
    return Optional.ofNullable(reason);
  }

  /** Why to stop, once somebody has asked. */
  public synchronized Optional<String> reason() {
    return Optional.ofNullable(reason);
  }

  /** Runs an action when somebody asks: at once if somebody has. */
  public void whenAsked(Runnable action) {
    synchronized (this) {
      if (reason == null) {
        actions.add(action);
        return;
      }
    }
    action.run();
  }
}

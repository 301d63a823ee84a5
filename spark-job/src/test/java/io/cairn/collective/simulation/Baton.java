/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Virtual time, and the right to run. The ranks of a simulation have threads of their own because a
 * sum blocks its caller, but only the one that has the baton runs; the one that gives it away draws
 * who is next. So a schedule is a function of the seed.
 *
 * <p>Made for one run. Threading: whoever has the baton.
 */
final class Baton {

  private final Random random;
  private final long limitNanos;
  private final List<Actor> actors = new ArrayList<>();
  private final PriorityQueue<Long> changes = new PriorityQueue<>();
  private long now;
  private boolean over;

  /** Everything must be over at {@code limitNanos}. */
  Baton(Random random, long limitNanos) {
    this.random = random;
    this.limitNanos = limitNanos;
  }

  Actor join() {
    Actor actor = new Actor(this);
    actors.add(actor);
    return actor;
  }

  /** Nanoseconds since the beginning. */
  long now() {
    return now;
  }

  /** Whether ranks were still at work when the time was up. */
  boolean ranOut() {
    return now > limitNanos;
  }

  /** Whether whoever is left is to end, because nothing can happen any more. */
  boolean isOver() {
    return over;
  }

  /** Some work was done, which took so long. */
  void spend(long nanos) {
    now += nanos;
  }

  /** Something that somebody may wait for happens then. */
  void changesAt(long nanos) {
    if (nanos > now) {
      changes.add(nanos);
    }
  }

  /** Lets the first rank run; returns at once. */
  void start() {
    next().run();
  }

  /** Draws who has the baton next; null if all have ended. */
  Actor next() {
    while (true) {
      over |= ranOut();
      List<Actor> able = new ArrayList<>();
      long earliest = Long.MAX_VALUE;
      boolean someLeft = false;
      for (Actor actor : actors) {
        if (actor.hasEnded()) {
          continue;
        }
        someLeft = true;
        if (over || actor.isAble(now)) {
          able.add(actor);
        } else {
          earliest = Math.min(earliest, actor.ableAt(now));
        }
      }
      if (!someLeft) {
        return null;
      }
      if (!able.isEmpty()) {
        return able.get(able.size() == 1 ? 0 : random.nextInt(able.size()));
      }
      while (!changes.isEmpty() && changes.peek() <= now) {
        changes.remove();
      }
      if (!changes.isEmpty()) {
        earliest = Math.min(earliest, changes.peek());
      }
      // Those who are left have been stopped for good.
      over = earliest == Long.MAX_VALUE;
      now = over ? now : earliest;
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.CollectiveException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What must be so after every attempt, whatever happened in it: either all ranks have returned all
 * sums, and they are right, or all have failed, with a reason that is true; and nobody hangs.
 *
 * @param schedule for messages
 * @param setup of the attempt
 * @param injections into the attempt
 */
record Rules(Schedule schedule, Setup setup, List<Injection> injections) {

  private static final long AT_ONCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  void hold(Outcome outcome) {
    check(!outcome.ranOut(), "ranks were still at work when the time was up", outcome);
    outcome.ranks().forEach(rank -> nothingElse(rank, outcome));
    if (outcome.happened().keySet().stream().allMatch(this::isHarmless)) {
      check(outcome.succeeded(), "failed without a reason", outcome);
    }
    if (injections.isEmpty() && setup.isBrisk()) {
      check(outcome.overslept() == 0, "a rank slept through what it waited for", outcome);
    }
    if (!outcome.succeeded()) {
      allFail(outcome);
      inTime(outcome);
    }
    outcome.ranks().forEach(rank -> truthful(rank, outcome));
  }

  /** No other exceptions than those of the contract; wrong sums are such. */
  private void nothingElse(Outcome.OfRank rank, Outcome outcome) {
    if (rank.failure() != null && rank.reported() == null && !rank.isGone()) {
      throw new AssertionError(describe("failed otherwise", outcome), rank.failure());
    }
  }

  /** A rank may only have done what it had everything for when the first one failed. */
  private void allFail(Outcome outcome) {
    int fewest = outcome.ranks().stream().mapToInt(Outcome.OfRank::completed).min().orElseThrow();
    for (Outcome.OfRank rank : outcome.ranks()) {
      check(rank.completed() <= fewest + 1, "a rank went on alone", outcome);
      check(
          rank.failure() != null || rank.completed() == setup.updates(),
          "a rank neither failed nor finished",
          outcome);
    }
  }

  private void truthful(Outcome.OfRank rank, Outcome outcome) {
    CollectiveException reported = rank.reported();
    if (reported != null) {
      Set<Injection> happened = outcome.happened().keySet();
      check(
          happened.stream().anyMatch(it -> it.explains(reported.fault(), setup.worldSize())),
          "this is not what happened: " + reported,
          outcome);
    }
  }

  /** Where one thing has happened, everybody knows it by when that was promised, and not before. */
  private void inTime(Outcome outcome) {
    if (outcome.happened().size() != 1) {
      return;
    }
    Injection cause = outcome.happened().keySet().iterator().next();
    long since = outcome.happened().get(cause);
    for (Outcome.OfRank rank : outcome.ranks()) {
      long after = rank.endedNanos() - since;
      if (rank.reported() != null) {
        check(after <= latest(cause), "a rank ended too late", outcome);
        check(after >= earliest(cause), "a rank ended too early", outcome);
      }
    }
  }

  private long latest(Injection cause) {
    if (cause instanceof Injection.OnRank on) {
      return switch (on.mishap()) {
        case KILLED, CRASHED, CANCELLED, INTERRUPTED -> AT_ONCE_NANOS;
        case STOPPED -> setup.timeoutNanos() + AT_ONCE_NANOS;
        case PAUSED -> Math.max(setup.timeoutNanos(), on.nanos()) + AT_ONCE_NANOS;
      };
    }
    if (cause instanceof Injection.OnStream on
        && (on.tampering() == Tampering.CUT || on.tampering() == Tampering.RESET)) {
      return AT_ONCE_NANOS;
    }
    return 2 * setup.timeoutNanos() + AT_ONCE_NANOS;
  }

  private long earliest(Injection cause) {
    return cause instanceof Injection.OnRank on && on.mishap() == Injection.Mishap.STOPPED
        ? setup.timeoutNanos() / 2
        : 0;
  }

  /** Nothing that ranks do not have to bear. */
  private boolean isHarmless(Injection injection) {
    return injection instanceof Injection.OnRank on
        && on.mishap() == Injection.Mishap.PAUSED
        && on.nanos() < setup.timeoutNanos() / 2;
  }

  private void check(boolean holds, String otherwise, Outcome outcome) {
    if (!holds) {
      throw new AssertionError(describe(otherwise, outcome));
    }
  }

  private String describe(String what, Outcome outcome) {
    StringBuilder text = new StringBuilder(what).append("\n").append(schedule).append("\n");
    outcome
        .happened()
        .forEach(
            (it, at) ->
                text.append("at ").append(at / 1000).append(" us: ").append(it).append("\n"));
    for (int i = 0; i < outcome.ranks().size(); i++) {
      Outcome.OfRank rank = outcome.ranks().get(i);
      text.append("rank ")
          .append(i)
          .append(" completed ")
          .append(rank.completed())
          .append(", ended at ")
          .append(rank.endedNanos() / 1000)
          .append(" us: ")
          .append(rank.failure())
          .append("\n");
    }
    return text.toString();
  }
}

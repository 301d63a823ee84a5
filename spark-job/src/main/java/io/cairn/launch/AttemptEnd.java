/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.util.List;
import java.util.Optional;

/** How an attempt ended. */
sealed interface AttemptEnd {

  /**
   * What the driver was at, as a clause, where a stop or the cluster's end explains this better;
   * empty where it needs no other explanation.
   */
  default Optional<String> meanwhile() {
    return Optional.empty();
  }

  /** What a failure makes of it. */
  static AttemptEnd of(Verdict verdict) {
    return verdict.kind() == Verdict.VerdictKind.SUPERSEDED
        ? new Superseded(verdict.reason())
        : new Broken(verdict);
  }

  /**
   * The run is over and rank 0 has written the model aside.
   *
   * @param results what the ranks returned, in the order of ranks
   * @param early why before all updates were done; empty if they are
   */
  record Completed(List<String> results, String early) implements AttemptEnd {
    public Completed {
      results = List.copyOf(results);
    }
  }

  /**
   * All ranks stopped after the same update, which is saved; or nothing was there to save.
   *
   * @param reason who asked
   */
  record Stopped(String reason) implements AttemptEnd {}

  /**
   * A newer attempt, of another driver, has the run: this one must not write any more.
   *
   * @param reason who has it
   */
  record Superseded(String reason) implements AttemptEnd {}

  /**
   * Something failed.
   *
   * @param verdict what it means
   */
  record Broken(Verdict verdict) implements AttemptEnd {
    @Override
    public Optional<String> meanwhile() {
      return Optional.of("an attempt was under way");
    }
  }

  /**
   * It could not be launched: too few executors are there.
   *
   * @param reason who is missing, and how many would do
   */
  record TooFew(String reason) implements AttemptEnd {
    @Override
    public Optional<String> meanwhile() {
      return Optional.of("the driver waited for executors");
    }
  }
}

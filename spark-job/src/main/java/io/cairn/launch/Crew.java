/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.plan.BatchPlan;
import java.util.stream.Collectors;

/** The executors that an attempt can have. */
sealed interface Crew {

  /**
   * The attempt can begin.
   *
   * @param plan the one wanted, or one for those who are there
   */
  record Ready(BatchPlan plan) implements Crew {}

  /**
   * Too few are there, and they cannot make up the effective batch.
   *
   * @param reason who is missing, and how many would do
   */
  record TooFew(String reason) implements Crew {}

  /**
   * What those who are there can do: the plan that is wanted, or the same effective batch with
   * fewer workers and more steps.
   *
   * @param there how many executors there are
   * @param waited how long others were waited for, for a person
   */
  static Crew of(BatchPlan wanted, int there, String waited) {
    if (there >= wanted.workers()) {
      return new Ready(wanted);
    }
    if (there > 0 && wanted.rescaled(there).isPresent()) {
      return new Ready(wanted.rescaled(there).get());
    }
    String fit =
        wanted.workersThatFit(wanted.workers()).stream()
            .map(String::valueOf)
            .collect(Collectors.joining(", "));
    return new TooFew(
        "%d of %d executors are there after %s; an effective batch of %d in micro-batches of %d needs %s"
            .formatted(there, wanted.workers(), waited, wanted.effective(), wanted.micro(), fit));
  }
}

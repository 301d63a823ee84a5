/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.StagedPlan;
import io.cairn.settings.BatchSettings.MicroSize;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The executors that an attempt can have. */
sealed interface Allocation {

  /**
   * The attempt can begin.
   *
   * @param plan the one wanted, or one for those who are there
   */
  record Ready(AskedPlan plan) implements Allocation {}

  /**
   * Too few are there, and they cannot make up the effective batch.
   *
   * @param reason who is missing, and how many would do
   */
  record TooFew(String reason) implements Allocation {}

  /**
   * What those who are there can do: the plan that is wanted, or the same effective batches with
   * fewer workers and more steps.
   *
   * @param asked who was asked for the size of micro-batches in the first place
   * @param there how many executors there are
   * @param waited how long others were waited for, for a person
   */
  static Allocation of(AskedPlan wanted, MicroSize asked, int there, String waited) {
    int workers = wanted.plan().workers();
    if (there >= workers) {
      return new Ready(wanted);
    }
    Optional<AskedPlan> fewer = there > 0 ? wanted.rescaled(there, asked) : Optional.empty();
    if (fewer.isPresent()) {
      return new Ready(fewer.get());
    }
    String fit =
        IntStream.rangeClosed(1, workers)
            .filter(number -> wanted.rescaled(number, asked).isPresent())
            .mapToObj(String::valueOf)
            .collect(Collectors.joining(", "));
    String micro = asked == MicroSize.PROBED ? "" : " in micro-batches of " + wanted.plan().micro();
    return new TooFew(
        "%d of %d executors are there after %s; %s%s needs %s"
            .formatted(there, workers, waited, batches(wanted.plan()), micro, fit));
  }

  private static String batches(StagedPlan plan) {
    return plan.plans().stream()
        .map(BatchPlan::effective)
        .distinct()
        .map(String::valueOf)
        .collect(Collectors.joining(", then of ", "an effective batch of ", ""));
  }
}

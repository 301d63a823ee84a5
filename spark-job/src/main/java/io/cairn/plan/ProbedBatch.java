/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import io.cairn.plan.BatchResolution.Proposal;
import io.cairn.plan.BatchResolution.Refused;
import io.cairn.plan.BatchResolution.Resolved;
import io.cairn.settings.BatchSettings;
import io.cairn.settings.Problem;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The batch arithmetic for {@code batch.micro = auto}, where micro-batches are as large as memory
 * allows. The window of each worker is exactly {@code effective / workers}; a probe decides how it
 * is cut.
 *
 * <p>Both numbers must be given, because the memory of a machine must not decide how many examples
 * enter an update.
 *
 * <p>Threading: stateless.
 */
final class ProbedBatch {

  private static final String AUTO = "batch.micro = auto";

  private ProbedBatch() {}

  /** The plan with micro-batches of one example, or why there is none. */
  static BatchResolution solve(BatchNumbers numbers, BatchSettings given) {
    if (!given.schedule().isEmpty()) {
      Problem problem =
          Problem.of(
              BatchArithmetic.SCHEDULE,
              "",
              "contradicts "
                  + AUTO
                  + ", by which the steps follow from the micro-batch that fits: memory would decide how many examples enter an update",
              "give batch.micro a number, such as the one that a run with auto has found");
      return new Refused(problem, List.of());
    }
    if (given.steps().isPresent()) {
      Problem problem =
          Problem.of(
              BatchNumber.STEPS.key(),
              Integer.toString(given.steps().getAsInt()),
              "contradicts " + AUTO + ", by which the steps follow from the micro-batch that fits",
              "give batch.effective in place of batch.steps, or batch.micro a number");
      return new Refused(problem, List.of());
    }
    if (!numbers.isKnown(BatchNumber.WORKERS) || !numbers.isKnown(BatchNumber.EFFECTIVE)) {
      return incomplete(numbers);
    }
    long effective = numbers.value(BatchNumber.EFFECTIVE);
    long workers = numbers.value(BatchNumber.WORKERS);
    return effective % workers == 0
        ? new Resolved(new BatchPlan((int) workers, 1, (int) (effective / workers)))
        : indivisible(numbers, effective, workers);
  }

  private static Refused incomplete(BatchNumbers numbers) {
    BatchNumbers lacking = numbers.without(BatchNumber.MICRO);
    String missing =
        lacking.unknown().stream()
            .filter(number -> number == BatchNumber.WORKERS || number == BatchNumber.EFFECTIVE)
            .map(BatchNumber::key)
            .collect(Collectors.joining(" and "));
    Problem problem =
        Problem.of(
            "batch",
            "",
            "%s chooses how workers and effective are split, and %s is not given"
                .formatted(AUTO, missing),
            "such as batch.workers = 2 and batch.effective = 512");
    return new Refused(problem, List.of());
  }

  private static Refused indivisible(BatchNumbers numbers, long effective, long workers) {
    List<Proposal> proposals = NearestPlans.sharing(numbers);
    Problem problem =
        Problem.of(
            BatchNumber.EFFECTIVE.key(),
            Long.toString(effective),
            "is not a multiple of workers " + workers + ", so that they cannot share it alike",
            proposals.stream()
                .map(Proposal::change)
                .collect(Collectors.joining(", or ", "try ", "")));
    return new Refused(problem, proposals);
  }
}

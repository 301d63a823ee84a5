/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import io.cairn.plan.BatchResolution.Proposal;
import io.cairn.plan.BatchResolution.Refused;
import io.cairn.plan.BatchResolution.Resolved;
import io.cairn.settings.BatchSettings;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.BatchStage;
import io.cairn.settings.Problem;
import io.cairn.settings.SettingsException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * Solves {@code workers x micro x steps = effective} exactly. Any three numbers give the fourth,
 * all four must agree, and nothing is ever rounded.
 *
 * <p>Where the workers find the micro-batch, {@code workers} and {@code effective} must be given.
 * The plan then has micro-batches of one example until they have.
 *
 * <p>Threading: stateless.
 */
public final class BatchArithmetic {

  /** The setting by which steps change with the epochs. */
  static final String SCHEDULE = "batch.schedule";

  private static final String MOST = "at most " + Integer.MAX_VALUE + " in all";

  private BatchArithmetic() {}

  /**
   * The plan.
   *
   * @param given what the operator wrote
   * @param clusterWorkers how many workers the cluster has executors for, if that is known; those
   *     that the plan does not need are spare
   * @throws SettingsException if there is not exactly one plan
   */
  public static BatchPlan resolve(BatchSettings given, OptionalInt clusterWorkers) {
    BatchResolution resolution = solve(given, clusterWorkers);
    if (resolution instanceof Resolved resolved) {
      return resolved.plan();
    }
    throw new SettingsException(List.of(((Refused) resolution).problem()));
  }

  /** What is wrong with the numbers: at most one problem; for the settings reader. */
  public static List<Problem> problems(BatchSettings given, OptionalInt clusterWorkers) {
    return solve(given, clusterWorkers) instanceof Refused refused
        ? List.of(refused.problem())
        : List.of();
  }

  /**
   * The plan, or why there is none and which plans are nearest. Where steps change with the epochs,
   * it is that of the epochs before the schedule's first entry, and whether the others are plans is
   * checked.
   */
  public static BatchResolution solve(BatchSettings given, OptionalInt clusterWorkers) {
    BatchResolution own = solveOwn(given, clusterWorkers);
    return own instanceof Resolved resolved
        ? tooLarge(resolved.plan(), given.schedule())
            .<BatchResolution>map(problem -> new Refused(problem, List.of()))
            .orElse(own)
        : own;
  }

  private static Optional<Problem> tooLarge(BatchPlan own, List<BatchStage> schedule) {
    long examplesPerStep = (long) own.workers() * own.micro();
    return schedule.stream()
        .filter(stage -> stage.steps() > Integer.MAX_VALUE / examplesPerStep)
        .findFirst()
        .map(
            stage ->
                Problem.of(
                    SCHEDULE,
                    "",
                    "workers %d x micro %d x steps %d, from epoch %d on, are too many examples for one update"
                        .formatted(own.workers(), own.micro(), stage.steps(), stage.fromEpoch()),
                    MOST));
  }

  private static BatchResolution solveOwn(BatchSettings given, OptionalInt clusterWorkers) {
    if (given.workers().isPresent()
        && clusterWorkers.isPresent()
        && given.workers().getAsInt() > clusterWorkers.getAsInt()) {
      return tooFewExecutors(given.workers().getAsInt(), clusterWorkers.getAsInt());
    }
    BatchNumbers numbers = BatchNumbers.of(given, clusterWorkers);
    if (given.microSize() == MicroSize.PROBED) {
      return ProbedBatch.solve(numbers, given);
    }
    if (numbers.unknown().size() > 1) {
      return incomplete(numbers);
    }
    long product = numbers.knownFactorsProduct();
    if (product > Integer.MAX_VALUE) {
      return tooLarge(numbers);
    }
    if (numbers.unknown().isEmpty()) {
      return product == numbers.value(BatchNumber.EFFECTIVE)
          ? new Resolved(numbers.toPlan())
          : disagreement(numbers, product);
    }
    BatchNumber wanted = numbers.unknown().get(0);
    if (wanted == BatchNumber.EFFECTIVE) {
      return new Resolved(numbers.with(wanted, product).toPlan());
    }
    long effective = numbers.value(BatchNumber.EFFECTIVE);
    return effective % product == 0
        ? new Resolved(numbers.with(wanted, effective / product).toPlan())
        : indivisible(numbers, product, wanted);
  }

  private static Refused tooFewExecutors(int asked, int cluster) {
    Problem problem =
        Problem.of(
            BatchNumber.WORKERS.key(),
            Integer.toString(asked),
            "the cluster gives only " + cluster + " executors, and each worker needs one",
            "at most " + cluster + ", or more executors");
    return new Refused(problem, List.of());
  }

  private static Refused tooLarge(BatchNumbers numbers) {
    Problem problem =
        Problem.of("batch", "", numbers.factors() + " are too many examples for one update", MOST);
    return new Refused(problem, List.of());
  }

  private static Refused disagreement(BatchNumbers numbers, long product) {
    String message = "but " + numbers.factors() + " = " + product + "; any three give the fourth";
    return refused(numbers, message);
  }

  private static Refused indivisible(BatchNumbers numbers, long product, BatchNumber wanted) {
    return refused(
        numbers,
        "is not a multiple of %s = %d, so that there is no whole number of %s"
            .formatted(numbers.factors(), product, wanted.word()));
  }

  private static Refused refused(BatchNumbers numbers, String message) {
    List<Proposal> proposals = NearestPlans.around(numbers);
    Problem problem =
        Problem.of(
            BatchNumber.EFFECTIVE.key(),
            Long.toString(numbers.value(BatchNumber.EFFECTIVE)),
            message,
            fits(proposals));
    return new Refused(problem, proposals);
  }

  private static Refused incomplete(BatchNumbers numbers) {
    List<Proposal> proposals = NearestPlans.completing(numbers);
    String have = numbers.known().isEmpty() ? "nothing" : numbers.toString();
    String need =
        numbers.unknown().stream().map(BatchNumber::word).collect(Collectors.joining(", "));
    String message =
        "any three of workers, micro, steps and effective make a plan; given: %s; not given: %s"
            .formatted(have, need);
    return new Refused(Problem.of("batch", "", message, fits(proposals)), proposals);
  }

  private static String fits(List<Proposal> proposals) {
    return proposals.isEmpty()
        ? ""
        : proposals.stream().map(Proposal::change).collect(Collectors.joining(", or ", "try ", ""));
  }
}

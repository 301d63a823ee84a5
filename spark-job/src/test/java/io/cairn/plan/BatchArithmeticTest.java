/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.plan.BatchResolution.Proposal;
import io.cairn.plan.BatchResolution.Refused;
import io.cairn.plan.BatchResolution.Resolved;
import io.cairn.settings.BatchSettings;
import io.cairn.settings.Problem;
import io.cairn.settings.SettingsException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BatchArithmeticTest {

  private static final OptionalInt ABSENT = OptionalInt.empty();

  @Property(tries = 500)
  void anyThreeGiveTheFourthExactly(
      @ForAll @IntRange(min = 1, max = 1000) int workers,
      @ForAll @IntRange(min = 1, max = 1000) int micro,
      @ForAll @IntRange(min = 1, max = 1000) int steps) {
    BatchPlan plan = new BatchPlan(workers, micro, steps);
    int effective = plan.effective();
    assertThat(resolve(workers, micro, steps, 0)).isEqualTo(plan);
    assertThat(resolve(workers, micro, 0, effective)).isEqualTo(plan);
    assertThat(resolve(workers, 0, steps, effective)).isEqualTo(plan);
    assertThat(resolve(0, micro, steps, effective)).isEqualTo(plan);
    assertThat(resolve(workers, micro, steps, effective)).isEqualTo(plan);
    BatchSettings withoutWorkers = given(0, micro, 0, effective);
    assertThat(BatchArithmetic.resolve(withoutWorkers, OptionalInt.of(workers))).isEqualTo(plan);
  }

  @Property(tries = 500)
  void whatDoesNotDivideIsRefusedAndEveryProposalIsValidAndNearest(
      @ForAll @IntRange(min = 1, max = 12) int workers,
      @ForAll @IntRange(min = 1, max = 60) int micro,
      @ForAll @IntRange(min = 1, max = 1500) int effective) {
    Assume.that(effective % (workers * micro) != 0);
    Refused refused = refused(given(workers, micro, 0, effective), ABSENT);
    List<BatchPlan> expected = new ArrayList<>();
    addNearest(expected, effective, 3000, e -> candidate(workers, micro, e));
    addNearest(expected, micro, 1500, m -> candidate(workers, m, effective));
    addNearest(expected, workers, 1500, w -> candidate(w, micro, effective));
    assertThat(refused.proposals()).extracting(Proposal::plan).isEqualTo(expected);
  }

  @Property(tries = 300)
  void theSameForStepsInsteadOfMicro(
      @ForAll @IntRange(min = 1, max = 12) int workers,
      @ForAll @IntRange(min = 1, max = 60) int steps,
      @ForAll @IntRange(min = 1, max = 1500) int effective) {
    Assume.that(effective % (workers * steps) != 0);
    Refused refused = refused(given(0, 0, steps, effective), OptionalInt.of(workers));
    List<BatchPlan> expected = new ArrayList<>();
    addNearest(expected, effective, 3000, e -> mirrored(candidate(workers, steps, e)));
    addNearest(expected, steps, 1500, s -> mirrored(candidate(workers, s, effective)));
    assertThat(refused.proposals()).extracting(Proposal::plan).isEqualTo(expected);
  }

  @Property(tries = 300)
  void tooFewNumbersGiveProposalsThatKeepWhatWasGiven(
      @ForAll @IntRange(max = 10) int which,
      @ForAll @IntRange(min = 1, max = 9) int someWorkers,
      @ForAll @IntRange(min = 1, max = 70) int someMicro,
      @ForAll @IntRange(min = 1, max = 9) int someSteps,
      @ForAll @IntRange(min = 1, max = 2000) int someEffective) {
    String present = List.of("", "w", "m", "s", "e", "wm", "ws", "we", "ms", "me", "se").get(which);
    int workers = present.contains("w") ? someWorkers : 0;
    int micro = present.contains("m") ? someMicro : 0;
    int steps = present.contains("s") ? someSteps : 0;
    int effective = present.contains("e") ? someEffective : 0;
    BatchSettings given = given(workers, micro, steps, effective);
    Refused refused = refused(given, ABSENT);
    assertThat(refused.problem().message()).startsWith("any three of workers, micro, steps");
    assertThat(refused.proposals()).isNotEmpty().hasSizeLessThanOrEqualTo(4);
    for (Proposal proposal : refused.proposals()) {
      BatchPlan plan = proposal.plan();
      assertThat(workers == 0 || plan.workers() == workers).isTrue();
      assertThat(micro == 0 || plan.micro() == micro).isTrue();
      assertThat(steps == 0 || plan.steps() == steps).isTrue();
      if (effective > 0 && plan.effective() != effective) {
        long product = (long) Math.max(1, workers) * Math.max(1, micro) * Math.max(1, steps);
        assertThat(effective % product).as("a change that was not needed").isNotZero();
        assertThat((long) Math.abs(plan.effective() - effective)).isLessThan(product);
      }
    }
  }

  @Test
  void anIndivisibleBatchNamesBothNumbersAndTheNearestPlans() {
    assertThat(refused(given(2, 32, 0, 500), ABSENT).problem())
        .hasToString(
            "batch.effective = 500: is not a multiple of workers 2 x micro 32 = 64, so that there"
                + " is no whole number of steps; try effective 448 (steps 7), or effective 512"
                + " (steps 8), or micro 25 (steps 10), or micro 50 (steps 5)");
  }

  @Test
  void fourNumbersThatDisagreeNameBothProducts() {
    assertThat(refused(given(2, 32, 8, 500), ABSENT).problem())
        .hasToString(
            "batch.effective = 500: but workers 2 x micro 32 x steps 8 = 512; any three give the"
                + " fourth; try effective 512");
    assertThat(refused(given(2, 32, 8, 1024), ABSENT).proposals())
        .extracting(Proposal::change)
        .containsExactly("effective 512", "steps 16", "micro 64", "workers 4");
  }

  @Test
  void twoNumbersGetOrdinaryPlans() {
    assertThat(refused(given(2, 0, 0, 512), ABSENT).problem())
        .hasToString(
            "batch: any three of workers, micro, steps and effective make a plan; given: workers"
                + " 2, effective 512; not given: micro, steps; try micro 32 x steps 8, or micro 64"
                + " x steps 4, or micro 16 x steps 16, or micro 128 x steps 2");
    assertThat(refused(given(0, 0, 0, 0), ABSENT).problem().toString())
        .contains("given: nothing; not given: workers, micro, steps, effective")
        .contains("try workers 2 x micro 32 x steps 8 = effective 512");
  }

  @Test
  void anEffectiveBatchThatTheClusterCannotShareIsMovedToTheNearest() {
    assertThat(refused(given(0, 0, 0, 512), OptionalInt.of(3)).problem().fits())
        .contains("= effective 510")
        .contains("= effective 513");
  }

  @Test
  void moreWorkersThanTheClusterHasExecutorsAreRefused() {
    assertThat(refused(given(4, 32, 8, 0), OptionalInt.of(3)).problem())
        .hasToString(
            "batch.workers = 4: the cluster gives only 3 executors, and each worker needs one;"
                + " at most 3, or more executors");
    assertThat(BatchArithmetic.solve(given(3, 32, 8, 0), OptionalInt.of(3)))
        .isEqualTo(new Resolved(new BatchPlan(3, 32, 8)));
  }

  @Test
  void executorsBeyondTheWorkersAreSpare() {
    assertThat(BatchArithmetic.solve(given(2, 32, 8, 0), OptionalInt.of(3)))
        .isEqualTo(new Resolved(new BatchPlan(2, 32, 8)));
    assertThat(BatchArithmetic.solve(given(0, 32, 8, 0), OptionalInt.of(3)))
        .isEqualTo(new Resolved(new BatchPlan(3, 32, 8)));
    assertThat(refused(given(2, 32, 0, 500), OptionalInt.of(3)).proposals())
        .extracting(Proposal::plan)
        .allMatch(plan -> plan.workers() == 2);
  }

  @Test
  void aClusterThatIsTheWrongSizeIsNotProposedAway() {
    assertThat(refused(given(0, 32, 0, 512), OptionalInt.of(3)).proposals())
        .extracting(Proposal::plan)
        .allMatch(plan -> plan.workers() == 3);
  }

  @Test
  void moreExamplesThanAnUpdateCanCountAreRefused() {
    int huge = Integer.MAX_VALUE;
    assertThat(refused(given(huge, huge, huge, 0), ABSENT).problem())
        .hasToString(
            "batch: workers 2147483647 x micro 2147483647 x steps 2147483647 are too many examples"
                + " for one update; at most 2147483647 in all");
    assertThat(refused(given(huge, huge, 0, 0), ABSENT).proposals()).isEmpty();
  }

  @Test
  void resolvingRefusedNumbersIsAnErrorInTheSettings() {
    assertThatThrownBy(() -> resolve(2, 32, 0, 500))
        .isInstanceOf(SettingsException.class)
        .hasMessageStartingWith("1 problem in the settings:\n  batch.effective = 500: is not a");
    assertThat(BatchArithmetic.problems(given(2, 32, 0, 500), ABSENT))
        .extracting(Problem::key)
        .containsExactly("batch.effective");
    assertThat(BatchArithmetic.problems(given(2, 32, 0, 512), ABSENT)).isEmpty();
  }

  /** Makes a plan from a changed value, or null where there is none. */
  private interface Change {
    BatchPlan planFor(int value);
  }

  private static void addNearest(List<BatchPlan> plans, int given, int limit, Change change) {
    IntStream.iterate(given - 1, value -> value >= 1, value -> value - 1)
        .mapToObj(change::planFor)
        .filter(plan -> plan != null)
        .findFirst()
        .ifPresent(plans::add);
    IntStream.rangeClosed(given + 1, limit)
        .mapToObj(change::planFor)
        .filter(plan -> plan != null)
        .findFirst()
        .ifPresent(plans::add);
  }

  private static BatchPlan candidate(int workers, int micro, int effective) {
    return effective % (workers * micro) == 0
        ? new BatchPlan(workers, micro, effective / (workers * micro))
        : null;
  }

  private static BatchPlan mirrored(BatchPlan plan) {
    return plan == null
        ? null
        : new BatchPlan(plan.workers(), /* micro= */ plan.steps(), /* steps= */ plan.micro());
  }

  private static BatchPlan resolve(int workers, int micro, int steps, int effective) {
    return BatchArithmetic.resolve(given(workers, micro, steps, effective), ABSENT);
  }

  private static Refused refused(BatchSettings given, OptionalInt clusterWorkers) {
    BatchResolution resolution = BatchArithmetic.solve(given, clusterWorkers);
    assertThat(resolution).isInstanceOf(Refused.class);
    return (Refused) resolution;
  }

  private static BatchSettings given(int workers, int micro, int steps, int effective) {
    return new BatchSettings(present(workers), present(micro), present(steps), present(effective));
  }

  private static OptionalInt present(int value) {
    return value == 0 ? OptionalInt.empty() : OptionalInt.of(value);
  }
}

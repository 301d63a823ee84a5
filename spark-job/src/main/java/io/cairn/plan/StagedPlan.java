/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import io.cairn.settings.BatchStage;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * The batch plan of each epoch of a run. Workers and micro-batch are the same in all of them; the
 * steps change with the epochs that {@code batch.schedule} names, and with them the effective
 * batch. This is the only place that knows which epoch has which steps: whoever needs a plan asks
 * for that {@link #in} an epoch.
 *
 * <p>Epochs are counted as a {@link Cursor} counts them: 0 is the first.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param workers ranks, at least 1
 * @param micro examples of one forward and backward pass, at least 1
 * @param stages epochs with the same steps, in their order. The first begins with the run, or, of a
 *     run that goes on, with the epoch that it goes on in or one before
 */
public record StagedPlan(int workers, int micro, List<Stage> stages) implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Epochs with the same steps, up to the next stage or the run's end.
   *
   * @param firstEpoch from 0
   * @param steps micro-batches each rank sums before an update, at least 1
   */
  public record Stage(long firstEpoch, int steps) implements Serializable {
    private static final long serialVersionUID = 1L;

    public Stage {
      if (firstEpoch < 0 || steps < 1) {
        throw new IllegalArgumentException(
            "a stage from epoch %d on in %d steps".formatted(firstEpoch, steps));
      }
    }
  }

  public StagedPlan {
    stages = List.copyOf(stages);
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("no stage");
    }
    long before = -1;
    for (Stage stage : stages) {
      if (stage.firstEpoch() <= before) {
        throw new IllegalArgumentException("not in the order of epochs: " + stages);
      }
      before = stage.firstEpoch();
      requirePlan(workers, micro, stage);
    }
  }

  private static void requirePlan(int workers, int micro, Stage stage) {
    var unused = new BatchPlan(workers, micro, stage.steps());
  }

  /** The same plan in all epochs. */
  public static StagedPlan of(BatchPlan plan) {
    return new StagedPlan(plan.workers(), plan.micro(), List.of(new Stage(0, plan.steps())));
  }

  /**
   * A plan whose steps change.
   *
   * @param own the plan of the epochs before the schedule's first entry
   * @param schedule in the order of epochs
   */
  public static StagedPlan of(BatchPlan own, List<BatchStage> schedule) {
    List<Stage> stages = new ArrayList<>();
    stages.add(new Stage(0, own.steps()));
    for (BatchStage entry : schedule) {
      Stage last = stages.get(stages.size() - 1);
      Stage next = new Stage(entry.fromEpoch() - 1L, entry.steps());
      if (next.firstEpoch() == 0) {
        stages.set(0, next);
      } else if (next.steps() != last.steps()) {
        stages.add(next);
      }
    }
    return new StagedPlan(own.workers(), own.micro(), stages);
  }

  /** The plan in an epoch, counted from 0. */
  public BatchPlan in(long epoch) {
    return plan(stage(epoch));
  }

  /** The plan of the first stage. */
  public BatchPlan first() {
    return plan(stages.get(0));
  }

  /** Whether other steps begin with an epoch, counted from 0, than the one before it had. */
  public boolean begins(long epoch) {
    return epoch > 0 && stages.stream().anyMatch(stage -> stage.firstEpoch() == epoch);
  }

  /** Whether all epochs have the same plan. */
  public boolean isUniform() {
    return stages.size() == 1;
  }

  /** The same without stages that are over before an epoch, counted from 0. */
  public StagedPlan from(long epoch) {
    int first = stages.indexOf(stage(epoch));
    return new StagedPlan(workers, micro, stages.subList(first, stages.size()));
  }

  /**
   * The same without stages that a run of so many epochs never comes to: nothing has to be possible
   * in them.
   *
   * @param epochs at least 1
   */
  public StagedPlan until(long epochs) {
    int last = stages.indexOf(stage(Math.max(epochs - 1, stages.get(0).firstEpoch())));
    return new StagedPlan(workers, micro, stages.subList(0, last + 1));
  }

  /** Updates of the first so many epochs over {@code examples}. */
  public long updates(long epochs, long examples) {
    long updates = 0;
    for (int i = 0; i < stages.size() && stages.get(i).firstEpoch() < epochs; i++) {
      long stageEpochs = Math.min(epochs, endOf(i)) - stages.get(i).firstEpoch();
      updates =
          Math.addExact(
              updates, Math.multiplyExact(stageEpochs, perEpoch(stages.get(i), examples)));
    }
    return updates;
  }

  /** How many epochs over {@code examples} so many updates begin; the last may be cut short. */
  public long epochs(long updates, long examples) {
    Cursor end = after(updates, examples);
    return end.epoch() + (end.position() > 0 ? 1 : 0);
  }

  /** Where a run over {@code examples}, at least 1, stands after so many updates. */
  public Cursor after(long updates, long examples) {
    long left = updates;
    for (int i = 0; ; i++) {
      Stage stage = stages.get(i);
      long perEpoch = perEpoch(stage, examples);
      long stageEpochs = endOf(i) - stage.firstEpoch();
      if (i == stages.size() - 1 || left / perEpoch < stageEpochs) {
        return new Cursor(stage.firstEpoch() + left / perEpoch, left % perEpoch);
      }
      left -= stageEpochs * perEpoch;
    }
  }

  private long perEpoch(Stage stage, long examples) {
    return plan(stage).updatesPerEpoch(examples);
  }

  private long endOf(int stage) {
    return stage + 1 < stages.size() ? stages.get(stage + 1).firstEpoch() : Long.MAX_VALUE;
  }

  /** The fewest micro-batches that a rank sums before an update, over all stages. */
  public int fewestSteps() {
    return stages.stream().mapToInt(Stage::steps).min().orElseThrow();
  }

  /** The most micro-batches that a rank sums before an update, over all stages. */
  public int mostSteps() {
    return stages.stream().mapToInt(Stage::steps).max().orElseThrow();
  }

  /** The plans of the stages, in their order. */
  public List<BatchPlan> plans() {
    return stages.stream().map(this::plan).toList();
  }

  /**
   * The plan for another number of workers with the same micro-batch and the same effective batch
   * in every stage: more or fewer steps make up for it. Empty where no whole number of steps does
   * in some stage.
   *
   * @param newWorkers at least 1
   */
  public Optional<StagedPlan> rescaled(int newWorkers) {
    return plans().stream().allMatch(plan -> plan.rescaled(newWorkers).isPresent())
        ? Optional.of(
            with(newWorkers, micro, plan -> plan.rescaled(newWorkers).orElseThrow().steps()))
        : Optional.empty();
  }

  /**
   * The same for workers that may also have smaller micro-batches: the largest up to the present
   * size that make the effective batches. Empty where the workers cannot share one of these.
   *
   * @param newWorkers at least 1
   */
  public Optional<StagedPlan> resplit(int newWorkers) {
    return plans().stream().allMatch(plan -> plan.effective() % newWorkers == 0)
        ? Optional.of(with(newWorkers, 1, plan -> plan.effective() / newWorkers).cut(micro))
        : Optional.empty();
  }

  /**
   * The plan with smaller micro-batches for the same windows: half as large and twice as many.
   * Where micro is odd, as large as half of it or less so that they still fill the windows of all
   * stages exactly. Empty for micro-batches of one example.
   */
  public Optional<StagedPlan> halved() {
    return micro == 1 ? Optional.empty() : Optional.of(cut(micro / 2));
  }

  /**
   * The plan with the same windows, cut into the largest micro-batches that fill those of all
   * stages exactly and have no more examples than this.
   *
   * @param mostMicro at least 1
   */
  public StagedPlan cut(int mostMicro) {
    int common = plans().stream().mapToInt(BatchPlan::window).reduce(0, StagedPlan::commonDivisor);
    int fitting = new BatchPlan(workers, 1, common).cut(mostMicro).micro();
    return with(workers, fitting, plan -> plan.window() / fitting);
  }

  /** Whether another plan has the same workers, each with the same windows in all stages. */
  public boolean hasWindowsOf(StagedPlan other) {
    return workers == other.workers && cut(1).equals(other.cut(1));
  }

  private StagedPlan with(int newWorkers, int newMicro, ToIntFunction<BatchPlan> newSteps) {
    return new StagedPlan(
        newWorkers,
        newMicro,
        stages.stream()
            .map(stage -> new Stage(stage.firstEpoch(), newSteps.applyAsInt(plan(stage))))
            .toList());
  }

  private Stage stage(long epoch) {
    for (int i = stages.size() - 1; i >= 0; i--) {
      if (stages.get(i).firstEpoch() <= epoch) {
        return stages.get(i);
      }
    }
    throw new IllegalArgumentException(
        "epoch %d is before those of this plan: %s".formatted(epoch + 1, this));
  }

  private BatchPlan plan(Stage stage) {
    return new BatchPlan(workers, micro, stage.steps());
  }

  private static int commonDivisor(int a, int b) {
    return a == 0 ? b : commonDivisor(b % a, a);
  }

  /**
   * For people: {@code workers 2 x micro 32 x steps 2 = effective 128; from epoch 4 on steps 8 =
   * effective 512}.
   */
  @Override
  public String toString() {
    return stages.stream()
        .skip(1)
        .map(
            stage ->
                "; from epoch %d on steps %d = effective %d"
                    .formatted(stage.firstEpoch() + 1, stage.steps(), plan(stage).effective()))
        .collect(Collectors.joining("", first().toString(), ""));
  }
}

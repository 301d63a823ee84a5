/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.DatasetInfo;
import io.cairn.data.RankSampler;
import io.cairn.plan.RunPosition;
import io.cairn.plan.StagedPlan;
import java.io.Serializable;
import java.util.Objects;

/**
 * What the one worker is told that makes a run's updates once more.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param plan the run's workers, and their windows in each epoch
 * @param iteration the model's own count of updates before the first
 * @param epoch the model's own count of epochs before the first
 * @param train the rules of an update, and how many
 * @param data what the examples are, and how many
 * @param model where the initial model comes from
 * @param run the run's directory, with a checkpoint of every update
 * @param float64 the same model in float64, where rounding is measured; else as {@code model}
 * @param rounding whether it is
 * @param statistics whether layers depend on the micro-batch
 */
public record BigBatchOrder(
    StagedPlan plan,
    long iteration,
    long epoch,
    TrainSpec train,
    DatasetInfo data,
    WorkerSpec.ModelSupply model,
    RunHome run,
    WorkerSpec.ModelSupply float64,
    Rounding rounding,
    Statistics statistics)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Whether one big batch is computed in float64 besides, of the very same examples. */
  public enum Rounding {
    /** It is not. */
    NOT_MEASURED,
    /** It is, and compared with. */
    AGAINST_FLOAT64
  }

  /** Whether layers depend on the micro-batch. */
  public enum Statistics {
    /** None does. */
    NONE,
    /** Some do, so that the run's own micro-batches are to be compared too. */
    OF_MICRO_BATCHES
  }

  public BigBatchOrder {
    Objects.requireNonNull(plan, "plan");
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(float64, "float64");
    Objects.requireNonNull(rounding, "rounding");
    Objects.requireNonNull(statistics, "statistics");
  }

  /** The course of a rank, from the first update to the last. */
  public RankSampler course(int rank) {
    return course(plan, rank);
  }

  /**
   * The same in other micro-batches.
   *
   * @param cut a plan with the same workers and windows
   */
  RankSampler course(StagedPlan cut, int rank) {
    RunPosition start = RunPosition.start(cut.first(), iteration, epoch, data.trainExamples());
    return RankSampler.from(start, cut, train.seed(), rank, train.updates());
  }
}

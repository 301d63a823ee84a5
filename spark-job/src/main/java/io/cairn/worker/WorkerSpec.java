/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.ExampleLayout;
import io.cairn.data.Scaling;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.EpochSchedule;
import io.cairn.settings.CollectiveSettings;
import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.settings.TrainSettings.SelfCheck;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * All that a worker is told: the same for every rank of an attempt.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param attempt number of the attempt, from 1
 * @param token names the group of its ranks in every connection, so that a straggler of another one
 *     is refused
 * @param seed the run's seed
 * @param asked workers, micro-batch and steps, and whether the workers find the micro-batch
 * @param trainExamples training examples of all ranks
 * @param validationExamples validation examples of all ranks, 0 for no validation
 * @param updates updates of the whole run
 * @param clipGlobalNorm largest norm of the mean gradient; infinite for none
 * @param onNonFinite what a NaN or infinity in the gradient does
 * @param selfCheck whether the ranks try their gradients before the first update
 * @param collective how long workers wait for each other, where they listen, and what they exchange
 * @param layout what stands in a record
 * @param scaling what staging does to the inputs
 * @param classWeights what staging multiplies the weights of each class's training examples by;
 *     empty: nothing
 * @param model where the initial model comes from
 * @param checkpoints where the attempt starts, and what it leaves
 */
public record WorkerSpec(
    int attempt,
    long token,
    long seed,
    AskedPlan asked,
    long trainExamples,
    long validationExamples,
    long updates,
    double clipGlobalNorm,
    OnNonFinite onNonFinite,
    SelfCheck selfCheck,
    CollectiveSettings collective,
    ExampleLayout layout,
    Scaling scaling,
    List<Double> classWeights,
    ModelSupply model,
    CheckpointContext checkpoints)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Gives a worker the initial model's archive, however it travels. */
  public interface ModelSupply extends Serializable {
    /** The archive's bytes; not to be changed. */
    byte[] archive();
  }

  public WorkerSpec {
    Objects.requireNonNull(asked, "asked");
    Objects.requireNonNull(onNonFinite, "onNonFinite");
    Objects.requireNonNull(selfCheck, "selfCheck");
    Objects.requireNonNull(collective, "collective");
    Objects.requireNonNull(layout, "layout");
    Objects.requireNonNull(scaling, "scaling");
    classWeights = List.copyOf(classWeights);
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(checkpoints, "checkpoints");
    if (updates < 1 || !(clipGlobalNorm > 0)) {
      throw new IllegalArgumentException(
          "updates and clipping must be positive, not %d, %s".formatted(updates, clipGlobalNorm));
    }
  }

  /** Workers, micro-batch and steps. */
  public BatchPlan plan() {
    return asked.plan();
  }

  /** The windows of an epoch, however they are cut. */
  public EpochSchedule schedule() {
    return new EpochSchedule(plan(), trainExamples);
  }
}

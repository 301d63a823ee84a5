/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.DatasetInfo;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.StagedPlan;
import io.cairn.replica.ArchiveSource;
import io.cairn.settings.CollectiveSettings;
import java.io.Serializable;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * Everything that a worker is told. It is the same for every rank of an attempt.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param groupId names the ranks of the attempt in every connection, so that a straggler of another
 *     one is refused
 * @param asked workers, micro-batch and steps, and whether the workers find the micro-batch
 * @param train how long to train, and the rules of an update
 * @param threads micro-batches that a worker is asked to compute side by side; 0 for as many as it
 *     has cores
 * @param collective how long workers wait for each other, where they listen, and what they exchange
 * @param data what the examples are, and how many
 * @param model where the initial model comes from
 * @param checkpoints which attempt this is, where it starts, and what it leaves
 */
public record WorkerSpec(
    long groupId,
    AskedPlan asked,
    TrainSpec train,
    int threads,
    CollectiveSettings collective,
    DatasetInfo data,
    ModelSupply model,
    CheckpointContext checkpoints)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Gives a worker the initial model's archive, however it travels. */
  public interface ModelSupply extends ArchiveSource, Serializable {}

  public WorkerSpec {
    Objects.requireNonNull(asked, "asked");
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(collective, "collective");
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(checkpoints, "checkpoints");
  }

  /** Micro-batches that a worker is asked to compute side by side; absent: auto. */
  public OptionalInt askedThreads() {
    return threads == 0 ? OptionalInt.empty() : OptionalInt.of(threads);
  }

  /** Workers, micro-batch, and the steps of each epoch. */
  public StagedPlan plan() {
    return asked.plan();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The story of one barrier task: meet the other ranks, stage the shard, go on from where the run
 * stands, train, save now and then, hand the model over.
 *
 * <p>Comes in: a {@link io.cairn.worker.WorkerSpec} and the task's records. Goes out: metrics,
 * checkpoints and the model (rank 0), a short report (every rank). {@link
 * io.cairn.worker.TrainingStep} is the algorithm; everything else here prepares it or cleans up
 * after it. Only {@code Rendezvous} may import Spark; networks and arrays belong to {@code
 * io.cairn.replica}.
 */
package io.cairn.worker;

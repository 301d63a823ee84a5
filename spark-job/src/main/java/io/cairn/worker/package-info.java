/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What one barrier task does: it meets the other ranks, stages its shard, loads the state to start
 * from, trains, saves checkpoints in between, and hands over the model at the end.
 *
 * <p>In: a {@link io.cairn.worker.WorkerSpec} and the task's records. Out: metrics, checkpoints and
 * the model (rank 0), and a short report (every rank).
 *
 * <p>{@link io.cairn.worker.TrainingStep} is the algorithm. Everything else here prepares it or
 * cleans up after it.
 *
 * <p>Only {@code Rendezvous} may import Spark. Networks and arrays belong to {@code
 * io.cairn.replica}.
 */
package io.cairn.worker;

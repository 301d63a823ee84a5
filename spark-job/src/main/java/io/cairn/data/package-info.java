/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Turns the examples of a source into micro-batches.
 *
 * <p>In, on the driver: the data settings ({@code io.cairn.data.source}). In, on a worker: the
 * records of its shard. Out: {@link org.nd4j.linalg.dataset.api.MultiDataSet}s, a window of
 * micro-batches at a time.
 *
 * <p>On a worker, {@link io.cairn.data.Shard} stages the scaled records in a memory-mapped file,
 * {@link io.cairn.data.EpochOrder} determines the order in which an epoch visits them, and {@link
 * io.cairn.data.MicroBatches} hands them out.
 *
 * <p>May name ND4J only where arrays are handed out. Must not import Spark, except in the Kryo
 * registrator, nor the rooms of the model, the collective, checkpoints or telemetry. Spark SQL is
 * known to {@code io.cairn.data.source} alone.
 */
package io.cairn.data;

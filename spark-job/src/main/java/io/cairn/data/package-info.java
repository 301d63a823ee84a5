/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Examples on their way from a source to micro-batches.
 *
 * <p>In come, on the driver, the data settings ({@code io.cairn.data.source}) and, on a worker, the
 * fixed-size records of its shard. Out go {@link org.nd4j.linalg.dataset.api.MultiDataSet}s, a
 * window of micro-batches at a time.
 *
 * <p>The story of a worker: {@link io.cairn.data.Shard} stages the records, scaled, in a
 * memory-mapped file; {@link io.cairn.data.EpochOrder} says in which order an epoch visits them;
 * {@link io.cairn.data.MicroBatches} hands them out.
 *
 * <p>May name ND4J only where arrays are handed out. Must not import Spark, apart from the Kryo
 * registrator, nor the rooms of the model, the collective, checkpoints or telemetry. Spark SQL is
 * the matter of {@code io.cairn.data.source} alone.
 */
package io.cairn.data;

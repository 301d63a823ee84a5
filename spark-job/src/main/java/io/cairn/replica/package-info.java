/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * One rank's copy of the model: its gradient sum over micro-batches, and its update.
 *
 * <p>Comes in: a model file's bytes, micro-batches as {@code MultiDataSet}. Goes out: the gradient
 * sum as one {@link java.nio.ByteBuffer} that the all-reduce works on in place, the model as a DL4J
 * archive, validation sums. This is the only room that knows Deeplearning4j's networks. It must not
 * import Spark, {@code io.cairn.collective} or {@code io.cairn.data}.
 */
package io.cairn.replica;

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * One rank's copy of the model: it sums gradients over micro-batches and makes updates.
 *
 * <p>In: the bytes of a model file, and micro-batches as {@code MultiDataSet}. Out: the gradient
 * sum as one {@link java.nio.ByteBuffer} on which the all-reduce works in place, the model as a
 * DL4J archive, and the sums of validations.
 *
 * <p>The only room that knows Deeplearning4j's networks. It must not import Spark, {@code
 * io.cairn.collective} or {@code io.cairn.data}.
 */
package io.cairn.replica;

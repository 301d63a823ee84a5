/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The door for programs that train by Deeplearning4j on Spark: a training master for its {@code
 * SparkDl4jMultiLayer} and {@code SparkComputationGraph}.
 *
 * <p>In come RDDs of data sets, or of the paths of saved ones, and the network that the wrapper
 * holds; they become a data frame with a row an example, and a {@link io.cairn.api.TrainingJob} of
 * one epoch. Out go parameters, updater state and iteration count, into the same network.
 *
 * <p>It only translates: it has no engine, and takes no part in a run. It may import {@code api}
 * and what lies below; nobody imports it.
 */
package io.cairn.dl4j;

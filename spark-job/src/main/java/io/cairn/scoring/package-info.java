/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Scoring: rows of a data frame, and what a trained model says of each, on executors of any Spark
 * session.
 *
 * <p>Comes in: a model's archive, how rows become records, how these are scaled, what the outputs
 * mean. Goes out: a data frame with the outputs beside the input's columns; the measures of a model
 * on examples with labels.
 *
 * <p>Knows {@code data} and {@code replica}, and of Spark its data frames. It knows neither the
 * worker nor the collective: scoring needs no group.
 */
package io.cairn.scoring;

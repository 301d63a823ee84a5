/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The measures of a model on examples with labels: counts and sums that are exact, so that the
 * result is the same to the bit however the examples are split and in whatever order they come.
 *
 * <p>Comes in: outputs and labels of one row after the other. Goes out: numbers by name.
 *
 * <p>Knows the JDK, and of {@code replica} how scores fall into bins.
 */
package io.cairn.scoring.metrics;

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The sum over all ranks: what every worker does with its gradient sum, once an update.
 *
 * <p>In comes a direct buffer and a {@link io.cairn.collective.BufferLayout} that says what numbers
 * it holds; out comes the same buffer with every number replaced by the sum over the ranks, the
 * same bits on each of them. {@link io.cairn.collective.AllReduce} is all that a worker needs to
 * know; {@link io.cairn.collective.Link} is what a network has to offer, and {@code
 * io.cairn.collective.link} is the only place that knows one. Any failure breaks the group for
 * good, on every rank, with one {@link io.cairn.collective.CollectiveException} that names the
 * first cause.
 *
 * <p>Imports the JDK only: no Spark, no ND4J, no sockets.
 */
package io.cairn.collective;

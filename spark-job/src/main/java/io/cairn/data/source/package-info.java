/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * From a source that Spark SQL reads to one shard a rank: the driver's half of {@code
 * io.cairn.data}.
 *
 * <p>In come the data settings, the network's number format, which of its inputs hold indices, the
 * number of workers and the seed; out go, from {@link io.cairn.data.source.PreparedData}, the
 * layout of an example, the fitted scaling, exact counts, and an RDD of records with one partition
 * a rank.
 *
 * <p>Two passes over the data. The survey encodes every row, counts what cannot be trained on, fits
 * the scaling, and counts examples in narrow ranges of their content hash; from those counts every
 * rank's interval of the hash order is known exactly. The deal shuffles the records to their ranks,
 * sorted by hash. Who owns which example, in which order, is a function of data and seed alone: not
 * of files, partitions or timing.
 *
 * <p>The only room that imports Spark SQL. Must not import ND4J or DL4J.
 */
package io.cairn.data.source;

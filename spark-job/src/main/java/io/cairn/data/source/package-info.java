/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The driver's half of {@code io.cairn.data}: reads a source by Spark SQL and makes one shard for
 * each rank.
 *
 * <p>In: the data settings, the network's number format, which of its inputs hold indices, the
 * number of workers and the seed. Out, from {@link io.cairn.data.source.PreparedData}: the layout
 * of an example, the fitted scaling, exact counts, and an RDD of records with one partition for
 * each rank.
 *
 * <p>The survey ({@link io.cairn.data.source.Survey}) encodes every row, counts values that cannot
 * be trained on, fits the scaling, and counts examples in narrow ranges of the hash of their
 * content. From these counts follows exactly which interval of the hash order each rank owns. The
 * deal ({@link io.cairn.data.source.Deal}) shuffles the records to their ranks, sorted by hash; of
 * large data both are one reading. Which rank owns which example, and in which order, depends on
 * data and seed alone, not on files, partitions or timing. What was dealt is kept for the next
 * attempt.
 *
 * <p>The only room that imports Spark SQL. Must not import ND4J or DL4J.
 */
package io.cairn.data.source;

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The page of a run: its curves, attempts, settings and model in one HTML file that needs no
 * network, or of several runs side by side.
 *
 * <p>In: the files of runs. Out: HTML.
 *
 * <p>Must not import rooms that train or score, nor Spark.
 */
package io.cairn.report;

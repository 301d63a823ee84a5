/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A run in Spark's own places: the tab "Cairn" of an application's web pages, the same in the
 * history server, and Spark's metrics system.
 *
 * <p>In: a run's metrics and states, on the driver. Out: pages, events in Spark's event log, and
 * gauges.
 *
 * <p>Must not import rooms that train or score. What differs between the two Sparks is in {@code
 * src/main/spark-3} and {@code src/main/spark-4}.
 */
package io.cairn.ui;

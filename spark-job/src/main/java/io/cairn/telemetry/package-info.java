/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What a run reports while it is running: metrics, live progress on the driver, and why tasks
 * failed.
 *
 * <p>In: a record for each update and each validation, from rank 0; Spark's own events. Out: lines
 * of {@code metrics.jsonl}, the same records on the driver a moment later, and the first cause of a
 * failed barrier job.
 *
 * <p>Imports Spark's listener API, Jackson, json, plan and settings; never DL4J or another room of
 * its floor.
 */
package io.cairn.telemetry;

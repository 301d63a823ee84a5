/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What a run tells while it goes: metrics, live progress to the driver, and why tasks failed.
 *
 * <p>Comes in: a record an update and a record a validation from rank 0; Spark's own events. Goes
 * out: lines of {@code metrics.jsonl}, the same records on the driver a moment later, and the first
 * cause of a failed barrier job.
 *
 * <p>Imports Spark's plugin and listener API, Jackson, plan and settings; never DL4J or a sibling
 * room.
 */
package io.cairn.telemetry;

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Where a run's metrics go besides its own files: event files for TensorBoard, an MLflow server,
 * and whatever else is a {@link io.cairn.telemetry.tracking.Tracker}.
 *
 * <p>In: {@code metrics.jsonl}, which is read again and again, word of attempts that begin, and the
 * run's end, from {@code launch}. Out: files beside the run's, and requests to a server; a line to
 * the user where a tracker cannot be reached.
 *
 * <p>It runs on the driver. It imports the rest of telemetry, json, settings, Jackson and the JDK's
 * HTTP client, which nobody else does; neither Spark nor Hadoop.
 */
package io.cairn.telemetry.tracking;

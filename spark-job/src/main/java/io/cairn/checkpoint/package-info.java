/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The files that a run leaves in its {@code output}, on any Hadoop file system.
 *
 * <p>In: complete files (status, settings, model), lines of metrics, and the state of training.
 * Out: those files, each of which is always absent, old or new but never half written; what the
 * directory contains before a run begins; the newest state that is undamaged; and an attempt's
 * right to write, which ends when a newer attempt claims it.
 *
 * <p>Imports Hadoop's FileSystem, Jackson, json, plan and settings; never Spark, DL4J or another
 * room of its floor.
 */
package io.cairn.checkpoint;

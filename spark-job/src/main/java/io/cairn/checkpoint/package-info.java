/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What a run leaves in its {@code output}, on any Hadoop file system.
 *
 * <p>Comes in: whole files (status, settings, model), metrics lines, and the state of training.
 * Goes out: those files, each either absent, old or new but never half; an answer to "what is in
 * this directory already?"; the newest state whose every byte is as it was written; and an
 * attempt's right to write, which ends when a newer attempt claims it.
 *
 * <p>Imports Hadoop's FileSystem, Jackson, plan and settings; never Spark, DL4J or a sibling room.
 */
package io.cairn.checkpoint;

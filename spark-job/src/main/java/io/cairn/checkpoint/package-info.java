/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What a run leaves in its {@code output}, on any Hadoop file system.
 *
 * <p>Comes in: whole files (status, settings, model) and metrics lines. Goes out: those files, each
 * either absent, old or new but never half, and an answer to "what is in this directory already?".
 *
 * <p>Imports Hadoop's FileSystem, Jackson, plan and settings; never Spark, DL4J or a sibling room.
 */
package io.cairn.checkpoint;

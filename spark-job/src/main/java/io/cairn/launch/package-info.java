/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The driver's part of a run: Spark set up so that one task fills one executor, one barrier job an
 * attempt, what came of it, and whether another follows.
 *
 * <p>Comes in: settings, a batch plan, sharded examples and the function that each rank runs. Goes
 * out: an {@link io.cairn.launch.Outcome}, and the run's status in its output.
 *
 * <p>Imports Spark and every room but cli.
 */
package io.cairn.launch;

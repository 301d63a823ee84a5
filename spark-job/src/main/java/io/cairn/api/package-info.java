/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The one way in: a {@link io.cairn.api.TrainingJob} says what is to be trained, on which data, in
 * which batches, on whose Spark session, and gives the model back. The commands are made of it, and
 * so is every other door.
 *
 * <p>In come settings, and what no file holds: data frames, models, a session that is there
 * already, somebody who listens. Out go a plan, a model with its history, or an error that says
 * whose it is.
 *
 * <p>It stands above {@code launch}, adds nothing to how a run goes, and must not be imported by
 * any room below.
 */
package io.cairn.api;

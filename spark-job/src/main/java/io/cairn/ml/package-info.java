/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The door for Spark ML: estimators and models that work in a {@code Pipeline} like Spark's own.
 *
 * <p>In comes a data frame with params; out goes a model that scores data frames, and is saved with
 * its network as a plain Deeplearning4j zip. Params are translated to settings, a fit is a {@code
 * TrainingJob} on the user's session, and a transform uses the scoring engine: nothing is computed
 * here.
 *
 * <p>Names, defaults and checks follow {@code spark.ml}: getters begin with {@code get}, setters
 * return the stage, and a wrong param, column or label is an {@link IllegalArgumentException}
 * before a job starts.
 *
 * <p>Must not import Deeplearning4j, ND4J, the settings library or the commands.
 */
package io.cairn.ml;

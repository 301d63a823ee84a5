/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Makes Deeplearning4j's configuration of a model that the settings describe, by Deeplearning4j's
 * own builders, which are found by reflection: what a builder can be told, settings can say.
 *
 * <p>In: the description, as {@code io.cairn.settings} has read it, and the shapes of the data.
 * Out: the configuration as JSON, or everything that does not fit, each with file and line.
 *
 * <p>A floor of {@code io.cairn.replica}. It must not import what that room must not, and nothing
 * of that room but its exception.
 */
package io.cairn.replica.layers;

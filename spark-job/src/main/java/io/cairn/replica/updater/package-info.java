/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Optimizers that the settings name in place of the model's ({@code train.updater}): how they are
 * put into a Deeplearning4j configuration, what they do beside ND4J's own updaters, and what a file
 * for plain Deeplearning4j says of them.
 *
 * <p>In: settings and a configuration. Out: a configuration whose layers hold {@link
 * io.cairn.replica.updater.GroupUpdater}s, which travels to the workers as it is, and one with
 * ND4J's own classes alone, for the model's file.
 *
 * <p>A floor of {@code io.cairn.replica}, which alone calls it. It must not import what that room
 * must not.
 */
package io.cairn.replica.updater;

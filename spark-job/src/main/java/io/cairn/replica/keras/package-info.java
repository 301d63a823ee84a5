/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Reads Keras model files strictly: each word of a file's configuration is translated, refused by
 * name, or known to have no effect.
 *
 * <p>In: the bytes of an HDF5 or {@code .keras} file. Out: a Deeplearning4j configuration made of
 * plain Deeplearning4j classes, its parameters, and sentences about what starts afresh.
 *
 * <p>A floor of {@code io.cairn.replica}, which alone calls it. It must not import what that room
 * must not.
 */
package io.cairn.replica.keras;

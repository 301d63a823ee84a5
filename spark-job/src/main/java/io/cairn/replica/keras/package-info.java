/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Keras model files, read strictly: each word of a file's configuration is taken over, refused by
 * name, or listed as one that has no effect.
 *
 * <p>Comes in: the bytes of an HDF5 or {@code .keras} file. Goes out: a Deeplearning4j
 * configuration made of plain Deeplearning4j classes, its parameters, and sentences about what
 * starts afresh. A floor of {@code io.cairn.replica}, which alone calls it. It must not import what
 * that room must not.
 */
package io.cairn.replica.keras;

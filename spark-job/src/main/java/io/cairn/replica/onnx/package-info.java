/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Reads ONNX models strictly: every operator and every attribute is translated into a SameDiff
 * graph, or refused by name. Puts trained values back into the file that they came from.
 *
 * <p>In: the bytes of an ONNX file. Out: a SameDiff graph of operators whose derivatives are right.
 *
 * <p>A floor of {@code io.cairn.replica}, which alone calls it, beside {@code
 * io.cairn.replica.samediff}. It must not import what that room must not.
 */
package io.cairn.replica.onnx;

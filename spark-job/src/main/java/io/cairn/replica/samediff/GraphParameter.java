/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

/**
 * A variable that is trained, and its place in the vector of all.
 *
 * @param name the variable's
 * @param shape its dimensions
 * @param offset of its first value in the vector
 * @param length number of values
 */
@SuppressWarnings("ArrayRecordComponent") // made in one place, never compared
public record GraphParameter(String name, long[] shape, long offset, long length) {}

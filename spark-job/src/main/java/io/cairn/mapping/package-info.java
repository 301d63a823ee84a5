/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Unmapping of memory-mapped files, which Java leaves to the garbage collector.
 *
 * <p>In: a mapping that nobody reads any more. When the call returns, it is gone. Two rooms that
 * must not know each other need this: shards, and the memory that ranks of one host share.
 *
 * <p>Imports the JDK only.
 */
package io.cairn.mapping;

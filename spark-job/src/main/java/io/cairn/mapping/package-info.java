/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The end of a memory-mapped file, which Java 17 leaves to the garbage collector.
 *
 * <p>In comes a mapping that nobody reads any more; when the call returns, it is gone. Shards and
 * memory shared between ranks need it, in rooms that do not know each other.
 *
 * <p>Imports the JDK only.
 */
package io.cairn.mapping;

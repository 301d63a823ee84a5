/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Wires through memory, for two ranks on one host.
 *
 * <p>{@link io.cairn.collective.link.memory.MemoryAgreement} is the talk by which two connected
 * ranks find out whether both can map the same file. If so, what it releases is a wire that copies
 * bytes through that file, in a ring for each direction, and uses the connection as a doorbell. If
 * not, it releases the connection.
 *
 * <p>Imports the JDK, {@code io.cairn.mapping} and {@code link}.
 */
package io.cairn.collective.link.memory;

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Streams between ranks as connections.
 *
 * <p>A {@link io.cairn.collective.link.Wire} is one connection, as a pair of byte streams: plain
 * TCP here, TLS in {@code tls}, shared memory in {@code memory}. A {@link
 * io.cairn.collective.link.SocketLink} is all wires of one rank, which is what a group asks for.
 * Who is called, and who is let in, is decided in {@code membership}: it alone knows all of these
 * floors, and the group above them.
 *
 * <p>This package and its floors are the only ones that know the network. It imports the JDK and
 * the words of {@code io.cairn.collective}.
 */
package io.cairn.collective.link;

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The ring over TCP: finding the partners, knowing them, and moving bytes, encrypted or plain.
 *
 * <p>In comes a {@link io.cairn.collective.link.membership.RingMembership}: who takes part in which attempt,
 * and where. Out comes a connected {@link io.cairn.collective.AllReduce}. This is the only room
 * that knows the network; everything else sees it through {@link io.cairn.collective.Link}.
 *
 * <p>In an encrypted ring each endpoint makes a key pair and a certificate of its own; members are
 * published with the fingerprint of theirs, by a channel that the caller trusts, and a connection
 * is mutual TLS 1.3 between exactly the two certificates that belong to it. No secret leaves an
 * endpoint, and nothing outlives it.
 *
 * <p>Ranks on one host exchange their bytes through memory, if they find that they see the same;
 * the ring passes through one host after the other.
 *
 * <p>Imports the JDK, {@code io.cairn.mapping} and {@code io.cairn.collective}; {@code
 * EphemeralIdentity} alone Bouncy Castle, to encode its certificate, and {@code BoringTls} alone
 * Netty, to encrypt.
 */
package io.cairn.collective.link;

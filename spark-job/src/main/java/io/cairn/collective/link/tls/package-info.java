/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Encrypted wires: mutual TLS 1.3 between exactly two certificates.
 *
 * <p>Each endpoint has an {@link io.cairn.collective.link.tls.EphemeralIdentity}: a key pair and a
 * certificate of its own. Members are published with the fingerprint of theirs, by a channel that
 * the caller trusts, and each end accepts only the certificate that its partner has published. No
 * secret leaves an endpoint, and nothing outlives it. In comes a channel, out comes a wire.
 *
 * <p>Imports the JDK and {@code link}; {@code EphemeralIdentity} alone Bouncy Castle, to encode its
 * certificate, and {@code BoringTls} alone Netty, to encrypt.
 */
package io.cairn.collective.link.tls;

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

/** How a ring's connections are protected; the same on all ranks. */
public enum Protection {
  /**
   * Mutual TLS 1.3 with a key pair that exists for one endpoint only; each end accepts nothing but
   * the certificate that its partner has published.
   */
  TLS,
  /** Plain TCP: who can reach a port can read along, and pretend to be a rank. */
  PLAIN
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.time.Instant;
import java.util.Objects;

/**
 * Who claimed an attempt, for messages to those who find the claim.
 *
 * @param host the driver's host
 * @param application Spark's application id
 * @param at when
 */
public record Claimant(String host, String application, Instant at) {
  public Claimant {
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(application, "application");
    Objects.requireNonNull(at, "at");
  }
}

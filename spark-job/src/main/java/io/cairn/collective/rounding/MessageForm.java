/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.rounding;

/** How the numbers of a sum's messages lie in them. */
public enum MessageForm {
  /** As in the buffer. */
  PLAIN,
  /** Some of them as bf16: see {@link RoundedForm}. */
  ROUNDED
}

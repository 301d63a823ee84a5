/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.rounding;

/** The ways in which the numbers of a sum can lie in its messages. */
public enum MessageForm {
  /** As in the buffer. */
  PLAIN,
  /** Some of them as bf16: see {@link RoundedForm}. */
  ROUNDED
}

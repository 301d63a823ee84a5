/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.mutations;

/** The list of mutations does not fit the sources; the message says which line of it, and why. */
final class MutationException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  MutationException(String message) {
    super(message);
  }
}

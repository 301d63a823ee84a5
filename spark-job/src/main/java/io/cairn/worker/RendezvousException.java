/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

/** The ranks cannot train together. The message says what to change. */
public final class RendezvousException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RendezvousException(String message) {
    super(message);
  }
}

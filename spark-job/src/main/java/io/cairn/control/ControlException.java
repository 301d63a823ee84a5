/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.control;

/**
 * Ranks and driver cannot reach each other, or the attempt is over: a consequence of something
 * else, nearly always.
 */
public final class ControlException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What could not be done. */
  public ControlException(String message) {
    super(message);
  }

  ControlException(String message, Throwable cause) {
    super(message, cause);
  }
}

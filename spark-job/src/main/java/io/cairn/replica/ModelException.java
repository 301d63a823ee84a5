/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

/** A model cannot be read, or cannot be trained as asked. The message is meant for the operator. */
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what is wrong, and what would fit
   */
  public ModelException(String message) {
    super(message);
  }

  /**
   * @param message what is wrong, and what would fit
   * @param cause what the library said
   */
  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}

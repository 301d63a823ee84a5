/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;

/**
 * A checkpoint cannot be used as it is. The message says which file is wrong, and why.
 *
 * <p>Trying again does not help, unlike with other IOExceptions.
 */
public class CheckpointException extends IOException {
  private static final long serialVersionUID = 1L;

  /** A checkpoint's fault. */
  public CheckpointException(String message) {
    super(message);
  }

  /** A checkpoint's fault that something else showed. */
  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}

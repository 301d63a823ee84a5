/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

/**
 * A worker could not write its shard to its local directory: the machine's disk is full, or the
 * directory cannot be used.
 */
public final class StagingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What was tried, where, and why it failed. */
  public StagingException(String message, Throwable cause) {
    super(message, cause);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

/**
 * The run failed although what was asked for was right, as far as anybody could tell. The message
 * names the first cause. With an {@code output} the same job goes on from its newest checkpoint.
 */
public final class TrainingFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param firstCause for a person
   * @param cause what was thrown, if anything was; may be null
   */
  public TrainingFailedException(String firstCause, Throwable cause) {
    super(firstCause, cause);
  }
}

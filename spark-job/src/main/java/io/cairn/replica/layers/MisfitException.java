/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import io.cairn.settings.Problem;

/**
 * Something in a description that does not fit. It is caught where the next thing can be read, so
 * that all of them are told together.
 */
final class MisfitException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  /**
   * @param at what does not fit
   * @param message what is wrong with it
   * @param fits what would be valid; may be empty
   */
  MisfitException(Described at, String message, String fits) {
    super(message);
    problem = at.problem(message, fits);
  }

  /** What is wrong, with its place. */
  Problem problem() {
    return problem;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

/**
 * A value that is not what its setting takes. Says what it must be; the setting's name, file and
 * line are added by whoever reads it.
 */
final class Misfit extends Exception {

  private static final long serialVersionUID = 1L;

  private final String fits;

  /**
   * Makes the sentence.
   *
   * @param must what is wrong, such as {@code must be at least 1}
   * @param fits what would be valid, empty if that says it all
   */
  Misfit(String must, String fits) {
    super(must);
    this.fits = fits;
  }

  /** What would be valid; may be empty. */
  String fits() {
    return fits;
  }
}

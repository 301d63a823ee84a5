/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.report;

/** A directory that is to be reported on holds no run, or damaged files; says which. */
public final class NoRunException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  NoRunException(String message) {
    super(message);
  }
}

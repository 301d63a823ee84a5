/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

/** A benchmark whose subject isn't on this machine. */
final class BenchSkippedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BenchSkippedException(String message) {
    super(message);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

/** A graph cannot be trained exactly; the message goes behind "NAME: ". */
final class RefusedGraphException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RefusedGraphException(String message) {
    super(message);
  }
}

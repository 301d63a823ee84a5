/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

/**
 * Throws a checked exception without declaring it. Needed because Scala code throws checked
 * exceptions that no Java signature shows.
 *
 * <p>Threading: stateless.
 */
final class Unchecked {
  private Unchecked() {}

  /** The exception itself, thrown; never returns. */
  static RuntimeException of(Exception failure) {
    return Unchecked.<RuntimeException>thrown(failure);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Exception> RuntimeException thrown(Exception failure) throws E {
    throw (E) failure;
  }
}

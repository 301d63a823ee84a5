/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import java.lang.reflect.InvocationTargetException;

/**
 * What a library said was wrong, in the one line that a person can use.
 *
 * <p>Threading: stateless.
 */
final class Cause {

  private Cause() {}

  /** The first line of the innermost cause that says something. */
  static String of(Throwable failure) {
    Throwable said = failure instanceof InvocationTargetException ? failure.getCause() : failure;
    while (said.getMessage() == null && said.getCause() != null) {
      said = said.getCause();
    }
    String text = said.getMessage() == null ? said.toString() : said.getMessage();
    return "Deeplearning4j: " + text.lines().findFirst().orElse(text).strip();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names of layers with {@code *} for any characters.
 *
 * <p>Threading: stateless.
 */
public final class NamePattern {

  private NamePattern() {}

  /** Whether a pattern fits a name as a whole. */
  public static boolean matches(String pattern, String name) {
    String expression =
        Arrays.stream(pattern.split("\\*", -1))
            .map(Pattern::quote)
            .collect(Collectors.joining(".*"));
    return Pattern.matches(expression, name);
  }
}

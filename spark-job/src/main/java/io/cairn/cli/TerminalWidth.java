/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Finds out how wide the terminal is. It asks {@code stty}, because Java does not know.
 *
 * <p>Threading: stateless.
 */
final class TerminalWidth {

  private static final int USUAL_COLUMNS = 100;
  private static final int FEWEST_COLUMNS = 40;

  private TerminalWidth() {}

  /** Columns of the terminal; a usual number where nobody knows. */
  static int columns() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (InputStream answer = stty.getInputStream()) {
        return parse(new String(answer.readAllBytes(), StandardCharsets.US_ASCII));
      }
    } catch (IOException noTerminal) {
      return USUAL_COLUMNS;
    }
  }

  static int parse(String size) {
    String[] parts = size.strip().split(" ", -1);
    try {
      int columns = parts.length == 2 ? Integer.parseInt(parts[1]) : 0;
      return columns == 0 ? USUAL_COLUMNS : Math.max(FEWEST_COLUMNS, columns);
    } catch (NumberFormatException e) {
      return USUAL_COLUMNS;
    }
  }
}

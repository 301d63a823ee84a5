/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The commands that a page tells its reader to type: its indented lines.
 *
 * @param page relative to the project's folder
 * @param all in their order
 */
record ReadmeCommands(String page, List<String> all) {

  private static final Pattern INDENTED = Pattern.compile("^ {4}(\\S.*)$", Pattern.MULTILINE);

  static ReadmeCommands of(String page) throws IOException {
    String text = Files.readString(Path.of(System.getProperty("cairn.root")).resolve(page));
    return new ReadmeCommands(
        page, INDENTED.matcher(text).results().map(line -> line.group(1)).toList());
  }

  /** Those that begin so, which must exist. */
  List<String> beginning(String... words) {
    List<String> found =
        all.stream()
            .filter(command -> List.of(words).stream().anyMatch(command::startsWith))
            .toList();
    for (String word : words) {
      if (found.stream().noneMatch(command -> command.startsWith(word))) {
        throw new AssertionError(page + " has no command that begins with " + word);
      }
    }
    return found;
  }
}

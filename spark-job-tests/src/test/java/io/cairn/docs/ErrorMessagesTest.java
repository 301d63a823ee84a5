/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What {@code docs/operations.md} explains under "What errors mean" is what the code says, or one
 * of those listed here, which others say or which are put together from several pieces.
 */
class ErrorMessagesTest {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));

  private static final Set<String> OF_SPARK_AND_JAVA =
      Set.of(
          "Barrier execution mode does not allow run a barrier stage that requires more slots than",
          "OutOfMemoryError: Physical memory usage is too high",
          "OutOfMemoryError: Java heap space",
          "Multiple garbage collectors selected",
          "Cannot allocate new");

  private static final Set<String> PUT_TOGETHER =
      Set.of(
          "3 problems in the settings",
          "batch.workers = 8, but",
          "gives 4 executors",
          "spark.master = local[",
          "but no settings.json",
          "data.train: no column",
          "model.source =",
          "is not the one that was called: its certificate is not the one that was published");

  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\"");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final int SHORTEST = 3;

  @Test
  void everyErrorThatIsExplainedExists() throws Exception {
    List<String> literals = literals();
    Set<String> others = new TreeSet<>(OF_SPARK_AND_JAVA);
    others.addAll(PUT_TOGETHER);
    Set<String> unknown = new TreeSet<>();
    for (String piece : explained()) {
      if (!others.contains(piece) && literals.stream().noneMatch(said -> said.contains(piece))) {
        unknown.add(piece);
      }
    }
    assertThat(unknown).as("no message of the code's has these words").isEmpty();
    assertThat(explained()).as("listed here and on the page").containsAll(others);
  }

  /** The words between the gaps of each quoted message in the first column of the tables. */
  private static List<String> explained() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/operations.md"));
    int from = page.indexOf("## What errors mean");
    String section = page.substring(from, page.indexOf("\n## ", from));
    List<String> pieces = new ArrayList<>();
    for (String line : section.lines().filter(text -> text.startsWith("| ")).toList()) {
      Matcher quoted = CODE.matcher(line.split("\\|", -1)[1]);
      while (quoted.find()) {
        for (String piece : quoted.group(1).split("\\.\\.\\.|\\bN\\b", -1)) {
          String words = piece.replaceAll("^[ ,;:]+|[ ,;:]+$", "");
          if (words.length() >= SHORTEST) {
            pieces.add(words);
          }
        }
      }
    }
    assertThat(pieces).isNotEmpty();
    return pieces;
  }

  /** The texts in the code, those that are added to each other put together. */
  private static List<String> literals() throws IOException {
    List<String> literals = new ArrayList<>();
    try (Stream<Path> files = Files.walk(ROOT.resolve("spark-job/src/main/java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        String code = Files.readString(file).replaceAll("\"\\s*\\+\\s*\"", "");
        LITERAL.matcher(code).results().forEach(found -> literals.add(found.group(1)));
      }
    }
    return literals;
  }
}

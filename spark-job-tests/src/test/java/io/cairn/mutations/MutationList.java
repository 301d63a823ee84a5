/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.mutations;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads {@code mutations.txt}: comments begin with {@code #}, and a mutation is
 *
 * <pre>
 * worker/TrainingStep.java
 * - sums.requireSameParameters(buffer, update);
 * +
 * ! ReplicasApartTest
 * </pre>
 *
 * <p>the source from {@code io/cairn} on, the text as it is, the text in its place, and the tests
 * of which one is to fail, by their simple names.
 *
 * <p>Threading: stateless.
 */
final class MutationList {

  private static final String NAME = "mutations.txt";
  private static final List<String> TESTS =
      List.of("spark-job/src/test/java", "spark-job-tests/src/test/java");

  private MutationList() {}

  static List<Mutation> read() throws IOException {
    try (InputStream in = MutationList.class.getResourceAsStream(NAME)) {
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  static List<Mutation> parse(String text) {
    List<Mutation> mutations = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int at = 0; at < lines.size(); ) {
      if (lines.get(at).isBlank() || lines.get(at).startsWith("#")) {
        at++;
        continue;
      }
      int number = at + 1;
      String file = lines.get(at++).strip();
      String before = marked('-', lines, at++);
      String after = marked('+', lines, at++);
      List<String> tests = List.of(marked('!', lines, at++).split(" +"));
      if (before.isEmpty() || tests.contains("")) {
        throw new MutationException(
            "%s, line %d: a mutation has a text to replace and a test".formatted(NAME, number));
      }
      mutations.add(new Mutation(file, before, after, tests, number));
    }
    return mutations;
  }

  private static String marked(char mark, List<String> lines, int at) {
    if (at >= lines.size() || lines.get(at).isEmpty() || lines.get(at).charAt(0) != mark) {
      throw new MutationException(
          "%s, line %d: a line that begins with %s is expected here".formatted(NAME, at + 1, mark));
    }
    return lines.get(at).substring(1).strip();
  }

  /**
   * A test's full name.
   *
   * @param root the project's folder
   * @throws MutationException if there is none of that simple name, or more than one
   */
  static String test(Path root, String simpleName) throws IOException {
    List<String> found = new ArrayList<>();
    for (String folder : TESTS) {
      Path sources = root.resolve(folder);
      try (Stream<Path> files = Files.walk(sources)) {
        files
            .filter(file -> file.endsWith(simpleName + ".java"))
            .map(file -> sources.relativize(file).toString().replace('/', '.'))
            .forEach(found::add);
      }
    }
    if (found.size() != 1) {
      throw new MutationException(
          "%s: %d tests are called %s".formatted(NAME, found.size(), simpleName));
    }
    return found.get(0).substring(0, found.get(0).length() - ".java".length());
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The code blocks of the project's pages: indented by four spaces, or fenced.
 *
 * <p>Threading: stateless.
 */
final class CodeBlocks {

  private static final String FENCE = "```";
  private static final String INDENT = "    ";

  private CodeBlocks() {}

  /**
   * A block.
   *
   * @param page its page, relative to the project
   * @param lines its lines, those continued by a backslash put together, runs of blanks made one
   */
  record Block(Path page, List<String> lines) {}

  /**
   * The pages that tell people what to type: README.md, docs, and a README beside what is deployed.
   */
  static List<Path> pages(Path root) throws IOException {
    List<Path> pages = new ArrayList<>(List.of(root.resolve("README.md")));
    try (Stream<Path> docs = Files.walk(root.resolve("docs"));
        Stream<Path> deploy = Files.walk(root.resolve("deploy"))) {
      docs.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
      deploy
          .filter(file -> file.endsWith("README.md"))
          .filter(file -> !root.relativize(file).toString().contains("/target/"))
          .forEach(pages::add);
    }
    return pages.stream().sorted().toList();
  }

  /** All blocks of a page. */
  static List<Block> of(Path root, Path page) throws IOException {
    List<List<String>> blocks = new ArrayList<>();
    boolean fenced = false;
    String previous = "";
    for (String line : Files.readAllLines(page)) {
      if (line.startsWith(FENCE)) {
        fenced = !fenced;
        if (fenced) {
          blocks.add(new ArrayList<>());
        }
      } else if (fenced) {
        blocks.get(blocks.size() - 1).add(line);
      } else if (line.startsWith(INDENT) && !line.isBlank()) {
        if (!previous.startsWith(INDENT)) {
          blocks.add(new ArrayList<>());
        }
        blocks.get(blocks.size() - 1).add(line);
      }
      previous = line;
    }
    return blocks.stream()
        .map(lines -> new Block(root.relativize(page), joined(lines)))
        .filter(block -> !block.lines().isEmpty())
        .toList();
  }

  /** As the shell reads them. */
  private static List<String> joined(List<String> lines) {
    List<String> joined = new ArrayList<>();
    StringBuilder open = new StringBuilder();
    for (String line : lines) {
      String words = line.strip().replaceAll("\\s+", " ");
      if (words.endsWith("\\")) {
        open.append(words, 0, words.length() - 1);
      } else if (!words.isEmpty()) {
        joined.add(open + words);
        open.setLength(0);
      }
    }
    return joined;
  }
}

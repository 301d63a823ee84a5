/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Sockets, selectors and threads of this process, before and after. */
final class Leaks {

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /** The virtual machine's own comings and goings. */
  private static final int TOLERANCE = 5;

  private final int before = descriptors();
  private final long threadsBefore = groupThreads();

  Leaks() throws IOException {}

  void assertNone() throws IOException {
    assertThat(descriptors())
        .as("open sockets and selectors")
        .isLessThanOrEqualTo(before + TOLERANCE);
    assertThat(groupThreads()).as("threads").isLessThanOrEqualTo(threadsBefore + TOLERANCE);
  }

  /** How many mappings this process has of files in {@code directory}, whether unlinked or not. */
  static int mappings(Path directory) throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return (int) maps.filter(line -> line.contains(" " + directory + "/cairn-")).count();
    }
  }

  private static int descriptors() throws IOException {
    try (Stream<Path> entries = Files.list(DESCRIPTORS)) {
      List<Path> all = entries.toList();
      int sockets = 0;
      for (Path entry : all) {
        try {
          String target = Files.readSymbolicLink(entry).toString();
          if (target.startsWith("socket:") || target.startsWith("anon_inode:")) {
            sockets++;
          }
        } catch (IOException gone) {
          // Closed between listing and looking.
          continue;
        }
      }
      return sockets;
    }
  }

  private static long groupThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.getName().startsWith("pool-"))
        .count();
  }
}

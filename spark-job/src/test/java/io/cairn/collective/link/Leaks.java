/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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

  /**
   * A shared file that this process has mapped, as the system sees it.
   *
   * @param address where
   */
  record Mapping(long address) {

    private static final Path OWN_MEMORY = Path.of("/proc/self/mem");

    long readLong(int offset) throws IOException {
      ByteBuffer number = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
      try (FileChannel memory = FileChannel.open(OWN_MEMORY, StandardOpenOption.READ)) {
        memory.read(number, address + offset);
      }
      return number.getLong(0);
    }

    void flip(int offset) throws IOException {
      ByteBuffer one = ByteBuffer.allocate(1);
      try (FileChannel memory =
          FileChannel.open(OWN_MEMORY, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        memory.read(one, address + offset);
        one.put(0, (byte) ~one.get(0));
        memory.write(one.flip(), address + offset);
      }
    }
  }

  /** The mappings that this process has of files in {@code directory}, unlinked or not. */
  static List<Mapping> mapped(Path directory) throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.contains(" " + directory + "/cairn-"))
          .map(line -> new Mapping(Long.parseLong(line.substring(0, line.indexOf('-')), 16)))
          .toList();
    }
  }

  /** How many there are. */
  static int mappings(Path directory) throws IOException {
    return mapped(directory).size();
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

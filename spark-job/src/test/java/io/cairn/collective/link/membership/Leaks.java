/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Files, sockets, selectors, threads and buffers outside the heap of this process, before and
 * after.
 */
final class Leaks {

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /** The virtual machine's own comings and goings. */
  private static final int TOLERANCE = 5;

  /** Less than one direct buffer a group over the hundreds that a test makes. */
  private static final long TOLERANCE_BYTES = 1 << 20;

  /** Buffers are given back by the collector, in a few steps. */
  private static final int COLLECTIONS = 50;

  private final List<String> before = descriptors();
  private final long threadsBefore = groupThreads();
  private final Map<String, Long> buffersBefore = buffers();

  Leaks() throws IOException {}

  void assertNone() throws IOException {
    List<String> after = descriptors();
    List<String> more = new ArrayList<>(after);
    before.forEach(more::remove);
    assertThat(after.size())
        .as("open files, sockets and selectors: %s", more)
        .isLessThanOrEqualTo(before.size() + TOLERANCE);
    assertThat(groupThreads()).as("threads").isLessThanOrEqualTo(threadsBefore + TOLERANCE);
    for (int i = 0; i < COLLECTIONS && hasMoreBuffers(); i++) {
      System.gc();
    }
    assertThat(hasMoreBuffers())
        .as("bytes outside the heap: %s, before: %s", buffers(), buffersBefore)
        .isFalse();
  }

  private boolean hasMoreBuffers() {
    return buffers().entrySet().stream()
        .anyMatch(pool -> pool.getValue() > buffersBefore.get(pool.getKey()) + TOLERANCE_BYTES);
  }

  /** Bytes in direct buffers, and in mapped ones. */
  private static Map<String, Long> buffers() {
    Map<String, Long> buffers = new TreeMap<>();
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      buffers.put(pool.getName(), pool.getMemoryUsed());
    }
    return buffers;
  }

  private static List<String> descriptors() throws IOException {
    List<String> targets = new ArrayList<>();
    try (Stream<Path> entries = Files.list(DESCRIPTORS)) {
      for (Path entry : entries.toList()) {
        try {
          targets.add(Files.readSymbolicLink(entry).toString());
        } catch (IOException gone) {
          // Closed between listing and looking.
          continue;
        }
      }
    }
    return targets;
  }

  private static long groupThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.getName().startsWith("pool-"))
        .count();
  }
}

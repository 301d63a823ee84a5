/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The physical memory that this process holds, looked at once a second at the most.
 *
 * <p>Threading: one thread.
 */
final class ResidentMemory {

  private static final Path STATUS = Path.of("/proc/self/status");

  /** Without pages of files, such as the shard's, which the system takes back when it likes. */
  private static final String LINE = "RssAnon:";

  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private long bytes;
  private long nextNanos = System.nanoTime();

  /** 0 where the system does not say: anywhere but on Linux. */
  long bytes() {
    if (System.nanoTime() - nextNanos >= 0) {
      bytes = read();
      nextNanos = System.nanoTime() + INTERVAL_NANOS;
    }
    return bytes;
  }

  /** A line of the file is {@code RssAnon: 740432 kB}. */
  private static long read() {
    try (var lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith(LINE))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** What Linux says of a process. */
final class ProcFile {

  private ProcFile() {}

  /** Empty once the process has ended. */
  static String commandLine(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline")).replace('\0', ' ');
    } catch (IOException ended) {
      return "";
    }
  }

  /**
   * A line of {@code /proc/PID/status} in KiB, for example {@code VmHWM}, the peak of resident
   * memory; empty once the process has ended.
   */
  static OptionalLong kibibytes(long pid, String field) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(line -> line.startsWith(field + ":"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
          .findFirst();
    } catch (IOException ended) {
      return OptionalLong.empty();
    }
  }
}

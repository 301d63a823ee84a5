/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the executors of an application among the processes of this machine. */
final class ExecutorProcesses {

  private ExecutorProcesses() {}

  /**
   * The executors' JVMs.
   *
   * @param application its id, which Spark puts on their command lines
   * @param among descendants of who starts executors
   */
  static List<ProcessHandle> of(String application, Stream<ProcessHandle> among) {
    return among
        .filter(process -> process.info().command().orElse("").endsWith("/java"))
        .filter(
            process -> {
              String line = commandLine(process);
              return line.contains("CoarseGrainedExecutorBackend") && line.contains(application);
            })
        .toList();
  }

  /** All of it, unlike {@link ProcessHandle.Info}, which gives up on long ones. */
  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(
          Path.of("/proc", Long.toString(process.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException itHasEnded) {
      return "";
    }
  }
}

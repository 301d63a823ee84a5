/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Processes that do one thing together as often as they are told to, and then wait: so that several
 * contestants can take turns. Whoever starts it closes it, which ends them.
 *
 * <p>Threading: one thread.
 */
final class Contestant implements AutoCloseable {

  private final List<Process> processes = new ArrayList<>();
  private final List<BufferedReader> outputs = new ArrayList<>();

  /**
   * What one operation took.
   *
   * @param nanos median of the slowest process
   * @param cpuNanos mean, of one process
   */
  record Took(double nanos, double cpuNanos) {}

  /** Starts the processes and lets them meet. */
  Contestant(List<ProcessBuilder> builders) throws IOException {
    try {
      for (ProcessBuilder builder : builders) {
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        processes.add(process);
        outputs.add(
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
      }
      List<String> members = new ArrayList<>();
      for (BufferedReader output : outputs) {
        members.add(answer(output, "MEMBER "));
      }
      tell(members.stream().collect(Collectors.joining(" ")));
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Does {@code count} operations of that many bytes. */
  Took run(int bytes, int count) throws IOException {
    tell(bytes + " " + count);
    double nanos = 0;
    double cpuNanos = 0;
    for (BufferedReader output : outputs) {
      List<String> words = List.of(answer(output, "TOOK ").split(" "));
      nanos = Math.max(nanos, Double.parseDouble(words.get(0)));
      cpuNanos += Double.parseDouble(words.get(1)) / outputs.size();
    }
    return new Took(nanos, cpuNanos);
  }

  private void tell(String line) throws IOException {
    for (Process process : processes) {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    }
  }

  /** Libraries say things of their own on the standard output: Gloo does when it connects. */
  private static String answer(BufferedReader output, String beginning) throws IOException {
    StringBuilder said = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(beginning)) {
        return line.substring(beginning.length());
      }
      said.append('\n').append(line);
    }
    throw new IllegalStateException(
        "a process of the benchmark ended without \"" + beginning.strip() + "\":" + said);
  }

  @Override
  public void close() throws IOException {
    for (Process process : processes) {
      process.destroyForcibly();
    }
    for (BufferedReader output : outputs) {
      output.close();
    }
  }
}

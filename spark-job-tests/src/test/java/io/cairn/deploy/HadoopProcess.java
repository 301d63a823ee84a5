/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small Hadoop of a test's, in a process of its own: its libraries are not to be mixed with
 * Spark's. The program prints a word when it is ready, and ends when its standard input does.
 *
 * <p>Who starts it closes it. Threading: one thread.
 */
public final class HadoopProcess implements AutoCloseable {

  private static final int STOP_SECONDS = 60;

  private final Process process;
  private final String said;

  private HadoopProcess(Process process, String said) {
    this.process = process;
    this.said = said;
  }

  /**
   * Starts it and returns when it can be used.
   *
   * @param program needs nothing but the JDK, Hadoop and its own module's classes
   * @param ready the beginning of the line that says it is ready
   * @param folder for what it writes
   */
  public static HadoopProcess start(
      Class<?> program, String ready, Path folder, String... arguments) throws IOException {
    Path log = Files.createDirectories(folder).resolve(program.getSimpleName() + ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx512m");
    command.add("--add-opens=java.base/java.lang=ALL-UNNAMED");
    command.add("--add-opens=java.base/java.util=ALL-UNNAMED");
    command.addAll(
        List.of("-cp", classes(program) + ":" + System.getProperty("cairn.mini.yarn") + "/*"));
    command.add(program.getName());
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(log.toFile()).start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    while (line != null && !line.startsWith(ready)) {
      line = out.readLine();
    }
    if (line == null) {
      throw new AssertionError("no " + program.getSimpleName() + ":\n" + Files.readString(log));
    }
    return new HadoopProcess(process, line.substring(ready.length()));
  }

  private static Path classes(Class<?> program) {
    try {
      return Path.of(program.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What it said behind the word. */
  public String said() {
    return said;
  }

  Process process() {
    return process;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    List<ProcessHandle> children = process.descendants().toList();
    process.getOutputStream().close();
    if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }
}

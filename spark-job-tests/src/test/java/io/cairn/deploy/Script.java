/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A command of {@code deploy}, run from the project's folder as its user runs it.
 *
 * <p>Who starts it closes it, which ends whatever is left of it and its children. Threading: one
 * thread.
 */
public final class Script implements AutoCloseable {

  static final Path ROOT = Path.of(System.getProperty("cairn.root"));

  /** Long, since a machine may be slow; a script that hangs is what it is for. */
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private final Process process;
  private final Path out;
  private final Path err;

  private Script(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts one.
   *
   * @param folder for its output
   * @param environment on top of ours
   * @param command the first word relative to the project's folder
   */
  public static Script start(Path folder, Map<String, String> environment, String... command)
      throws IOException {
    Path out = Files.createTempFile(folder, "script-", ".out");
    Path err = Files.createTempFile(folder, "script-", ".err");
    String[] absolute = command.clone();
    absolute[0] = ROOT.resolve(command[0]).toString();
    ProcessBuilder builder =
        new ProcessBuilder(absolute)
            .directory(ROOT.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    return new Script(builder.start(), out, err);
  }

  /** Runs one to its end, which must be a good one, and returns what it printed. */
  static String run(Path folder, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    try (Script script = start(folder, environment, command)) {
      if (script.exitCode() != 0) {
        throw new AssertionError(String.join(" ", command) + "\n" + script.everything());
      }
      return script.output().strip();
    }
  }

  int exitCode() throws IOException, InterruptedException {
    return exitCode(LIMIT);
  }

  /** Waits for its end, for which a test has more or less patience than usual. */
  public int exitCode(Duration limit) throws IOException, InterruptedException {
    if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("it does not end:\n" + everything());
    }
    return process.exitValue();
  }

  /** What it printed for its user. */
  public String output() throws IOException {
    return Files.readString(out);
  }

  /** Its log too. */
  public String everything() throws IOException {
    return Files.readString(out) + Files.readString(err);
  }

  /** Whether it has not ended yet. */
  public boolean isRunning() {
    return process.isAlive();
  }

  /** Waits for something to come about while the script runs. */
  void await(Condition condition, String what) throws IOException {
    try {
      Awaitility.await().atMost(LIMIT).until(() -> condition.holds() || !process.isAlive());
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("no sign of " + what + ":\n" + everything(), e);
    }
    if (!condition.holds()) {
      throw new AssertionError("it ended without " + what + ":\n" + everything());
    }
  }

  /** Ends it, and not its children, as a machine that loses its power does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Something to wait for. */
  interface Condition {
    boolean holds() throws IOException;
  }
}

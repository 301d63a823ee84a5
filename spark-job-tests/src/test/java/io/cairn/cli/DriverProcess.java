/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A driver in a process of its own, with its executors as children, as {@code deploy/local/cairn}
 * or spark-submit starts one.
 *
 * <p>Who starts it closes it, which ends whatever is left of it. Threading: one thread.
 */
final class DriverProcess implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  private static final String JAR = System.getProperty("cairn.jar");
  private static final String SPARK_HOME = System.getProperty("cairn.spark.home");
  private static final Duration LIMIT = Duration.ofMinutes(8);
  private static final Duration POLL = Duration.ofMillis(20);

  private final Process process;
  private final Path log;

  private DriverProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts a driver as on a bare machine: embedded Spark. */
  static DriverProcess embedded(Path folder, String... arguments) throws IOException {
    return start(
        folder, List.of("-cp", SPARK_HOME + "/jars/*:" + JAR, Cairn.class.getName()), arguments);
  }

  /**
   * The same, where driver and executors have classes of a user's own.
   *
   * @param classes a class path
   */
  static DriverProcess embeddedWith(Path folder, String classes, String... arguments)
      throws IOException {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(List.of("--set", "spark.executor.extraClassPath=" + classes));
    String path = String.join(":", SPARK_HOME + "/jars/*", JAR, classes);
    return start(folder, List.of("-cp", path, Cairn.class.getName()), all.toArray(String[]::new));
  }

  /** Starts a driver by Spark's own launcher. */
  static DriverProcess submitted(Path folder, String master, String... arguments)
      throws IOException {
    return submitted(folder, master, List.of(), List.of(), arguments);
  }

  /**
   * The same, with options of this JVM and of spark-submit.
   *
   * @param jvm for the driver's JVM
   * @param submit for spark-submit, such as {@code --conf} and a setting
   */
  static DriverProcess submitted(
      Path folder, String master, List<String> jvm, List<String> submit, String... arguments)
      throws IOException {
    List<String> program = new ArrayList<>(jvm);
    program.addAll(List.of("-cp", SPARK_HOME + "/jars/*", "org.apache.spark.deploy.SparkSubmit"));
    program.addAll(List.of("--master", master, "--class", Cairn.class.getName()));
    program.addAll(submit);
    program.add(JAR);
    return start(folder, program, arguments);
  }

  /**
   * Starts a program of the tests beside Spark and more jars, which is no driver of Cairn's.
   *
   * @param jvm for its JVM
   * @param jars what it needs beside Spark's jars, as a class path
   */
  static DriverProcess ofTests(
      Path folder, List<String> jvm, String jars, Class<?> main, String... arguments)
      throws IOException {
    List<String> program = new ArrayList<>(jvm);
    String classes =
        Path.of(URI.create(main.getProtectionDomain().getCodeSource().getLocation().toString()))
            .toString();
    program.addAll(
        List.of("-cp", String.join(":", SPARK_HOME + "/jars/*", jars, classes), main.getName()));
    return start(folder, program, arguments);
  }

  private static DriverProcess start(Path folder, List<String> program, String... arguments)
      throws IOException {
    // A build in the background has these ignored, and so would all its children.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT,HUP"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Arrays.asList(System.getProperty("cairn.jvm.options").split(" ", -1)));
    command.addAll(program);
    command.addAll(Arrays.asList(arguments));
    Path log = Files.createTempFile(folder, "driver-", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(ROOT.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("SPARK_HOME", SPARK_HOME);
    builder.environment().put("SPARK_SCALA_VERSION", System.getProperty("cairn.scala"));
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    return new DriverProcess(builder.start(), log);
  }

  /** Waits for the end. */
  int exitCode() throws IOException, InterruptedException {
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the driver does not end:\n" + output());
    }
    return process.exitValue();
  }

  /**
   * Waits until the run has done an update and the driver has heard of it, and names the executors'
   * processes. Before that, a stop ends the ranks at once: there is nothing to save.
   */
  List<ProcessHandle> executorsOnceTraining(Path run) throws IOException {
    await(() -> output().contains(", update "), "an update in what it prints");
    return executorsOnceAt(run, 1);
  }

  /** Waits until the run's metrics have so many lines, and names the executors' processes. */
  List<ProcessHandle> executorsOnceAt(Path run, long lines) throws IOException {
    await(() -> lines(run) >= lines, "line " + lines + " of the metrics");
    return executors();
  }

  /** Waits until the run is in this attempt, or a later one. */
  void awaitAttempt(Path run, int attempt) throws IOException {
    await(() -> status(run).get("attempt").asInt() >= attempt, "attempt " + attempt);
  }

  /** Waits until a file is there. */
  void awaitFile(Path file) throws IOException {
    await(() -> Files.exists(file), file.toString());
  }

  /**
   * Waits until so many lines more are in the run's metrics than now; where an attempt begins
   * meanwhile, than it begins with.
   */
  void awaitFurther(Path run, long more) throws IOException {
    long[] fewest = {Long.MAX_VALUE};
    await(
        () -> {
          long now = lines(run);
          fewest[0] = Math.min(fewest[0], now);
          return now > fewest[0] + more;
        },
        more + " more lines of metrics");
  }

  /** Lines in the run's metrics now; 0 while there are none. */
  static long lines(Path run) throws IOException {
    try (var lines = Files.lines(run.resolve("metrics.jsonl"))) {
      return lines.count();
    } catch (NoSuchFileException notYet) {
      return 0;
    }
  }

  /** The executors' processes; a driver has short-lived other ones. */
  List<ProcessHandle> executors() {
    return process.children().filter(DriverProcess::isExecutor).toList();
  }

  private static boolean isExecutor(ProcessHandle process) {
    Path commandLine = Path.of("/proc", Long.toString(process.pid()), "cmdline");
    try {
      return Files.readString(commandLine, StandardCharsets.ISO_8859_1)
          .contains("CoarseGrainedExecutorBackend");
    } catch (IOException itHasEnded) {
      return false;
    }
  }

  /** Kills one of the executors that there are, and waits for its end. */
  void killExecutor(Random random) throws IOException {
    await(() -> !executors().isEmpty(), "an executor");
    List<ProcessHandle> executors = executors();
    ProcessHandle victim = executors.get(random.nextInt(executors.size()));
    victim.destroyForcibly();
    awaitGone(List.of(victim));
  }

  /** Sends a signal to the driver alone. */
  void signal(String name) throws IOException, InterruptedException {
    signal(name, List.of(process.toHandle()));
  }

  /** Sends a signal to the driver and its executors, as a terminal does on Ctrl-C. */
  void signalAll(String name) throws IOException, InterruptedException {
    List<ProcessHandle> group = new ArrayList<>(List.of(process.toHandle()));
    group.addAll(executors());
    signal(name, group);
  }

  /** Sends a signal to processes. */
  static void signal(String name, List<ProcessHandle> processes)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kill", "-s", name));
    processes.forEach(target -> command.add(Long.toString(target.pid())));
    if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
      throw new AssertionError("no such process: " + command);
    }
  }

  /** Waits until these processes are gone. */
  void awaitGone(List<ProcessHandle> processes) throws IOException {
    until(() -> processes.stream().noneMatch(ProcessHandle::isAlive), "the end of " + processes);
  }

  /** All that it printed so far. */
  String output() throws IOException {
    return Files.readString(log);
  }

  /** What {@code STATUS.json} of a run says. */
  static JsonNode status(Path run) throws IOException {
    return JSON.readTree(Files.readString(run.resolve("STATUS.json")));
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Waits for something that comes about only while the driver runs. */
  void await(Condition condition, String what) throws IOException {
    until(() -> condition.holds() || !process.isAlive(), what);
    if (!condition.holds()) {
      throw new AssertionError("the driver ended without " + what + ":\n" + output());
    }
  }

  private void until(Condition condition, String what) throws IOException {
    try {
      Awaitility.await().atMost(LIMIT).pollInterval(POLL).until(condition::holds);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("no sign of " + what + " in " + LIMIT + ":\n" + output(), e);
    }
  }

  /** Something to wait for. */
  @FunctionalInterface
  interface Condition {
    boolean holds() throws IOException;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;

/**
 * Spark's own cluster manager in processes of this machine, each worker at an address of its own:
 * several hosts, as far as Spark can tell.
 *
 * <p>Who starts it closes it, which ends all its processes. Threading: one thread.
 */
public final class StandaloneCluster implements AutoCloseable {

  private static final String SPARK_HOME = System.getProperty("cairn.spark.home");

  private static final Pattern STARTED = Pattern.compile("Starting Spark master at (spark://\\S+)");
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();
  private String address;

  private StandaloneCluster(Path folder) {
    this.folder = folder;
  }

  /**
   * Starts a master, and workers with one core each.
   *
   * @param hosts where the workers are
   */
  public static StandaloneCluster start(Path folder, List<String> hosts) throws IOException {
    StandaloneCluster cluster = new StandaloneCluster(folder);
    try {
      Path log =
          cluster.launch(
              "127.0.0.1",
              "org.apache.spark.deploy.master.Master",
              "--host",
              "127.0.0.1",
              "--port",
              "0",
              "--webui-port",
              "0");
      cluster.address = cluster.awaitAddress(log);
      for (String host : hosts) {
        cluster.launchWorker(host);
      }
      return cluster;
    } catch (IOException | RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  /** The master says at which port it is. */
  private String awaitAddress(Path log) throws IOException {
    Callable<Matcher> look = () -> STARTED.matcher(Files.readString(log));
    try {
      return Awaitility.await()
          .atMost(LIMIT)
          .failFast(() -> !processes.get(0).isAlive())
          .until(look, Matcher::find)
          .group(1);
    } catch (ConditionTimeoutException | TerminalFailureException e) {
      throw new IllegalStateException(
          "Spark's master does not start:\n" + Files.readString(log), e);
    }
  }

  private void launchWorker(String host) throws IOException {
    launch(
        host,
        "org.apache.spark.deploy.worker.Worker",
        "--host",
        host,
        "--cores",
        "1",
        "--memory",
        "1g",
        "--webui-port",
        "0",
        "--work-dir",
        Files.createDirectory(folder.resolve(host)).toString(),
        address);
  }

  /** As {@code spark.master} wants it. */
  public String address() {
    return address;
  }

  /** Ends a worker and its executor, as when its machine goes. */
  public void loseLastHost() {
    Process worker = processes.remove(processes.size() - 1);
    List<ProcessHandle> gone = new ArrayList<>(worker.descendants().toList());
    gone.add(worker.toHandle());
    gone.forEach(ProcessHandle::destroyForcibly);
  }

  private Path launch(String host, String main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Arrays.asList(System.getProperty("cairn.jvm.options").split(" ", -1)));
    command.addAll(List.of("-Xmx256m", "-cp", SPARK_HOME + "/jars/*", main));
    command.addAll(Arrays.asList(arguments));
    Path log = Files.createTempFile(folder, "spark-", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("SPARK_HOME", SPARK_HOME);
    builder.environment().put("SPARK_SCALA_VERSION", System.getProperty("cairn.scala"));
    builder.environment().put("SPARK_LOCAL_IP", host);
    processes.add(builder.start());
    return log;
  }

  @Override
  public void close() {
    for (Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}

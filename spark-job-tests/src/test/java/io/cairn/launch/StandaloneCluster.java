/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Spark's own cluster manager in processes of this machine, each worker at an address of its own:
 * several hosts, as far as Spark can tell.
 *
 * <p>Who starts it closes it, which ends all its processes. Threading: one thread.
 */
public final class StandaloneCluster implements AutoCloseable {

  private static final String SPARK_HOME = System.getProperty("cairn.spark.home");

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final String address;

  private StandaloneCluster(Path folder, int port) {
    this.folder = folder;
    this.address = "spark://127.0.0.1:" + port;
  }

  /**
   * Starts a master, and workers with one core each.
   *
   * @param hosts where the workers are
   */
  public static StandaloneCluster start(Path folder, List<String> hosts) throws IOException {
    int port = freePort();
    StandaloneCluster cluster = new StandaloneCluster(folder, port);
    cluster.launch(
        "127.0.0.1",
        "org.apache.spark.deploy.master.Master",
        "--host",
        "127.0.0.1",
        "--port",
        "" + port,
        "--webui-port",
        "0");
    for (String host : hosts) {
      cluster.launch(
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
          cluster.address);
    }
    return cluster;
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

  private void launch(String host, String main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Arrays.asList(System.getProperty("cairn.jvm.options").split(" ", -1)));
    command.addAll(List.of("-Xmx256m", "-cp", SPARK_HOME + "/jars/*", main));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Files.createTempFile(folder, "spark-", ".log").toFile());
    builder.environment().put("SPARK_HOME", SPARK_HOME);
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    builder.environment().put("SPARK_LOCAL_IP", host);
    processes.add(builder.start());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    for (Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}

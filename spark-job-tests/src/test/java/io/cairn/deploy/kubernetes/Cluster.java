/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.deploy.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A real Kubernetes of two nodes, {@code spark-job-tests/kubernetes/cluster}: what is missing for
 * it is got or told first, and nothing of it is left once it is closed, or once this process has
 * ended.
 *
 * <p>Who starts it closes it. Threading: one thread.
 */
final class Cluster implements AutoCloseable {

  /** As the API server has it inside. */
  static final String MASTER = "k8s://https://10.77.0.1:443";

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  private static final String COMMAND = "spark-job-tests/kubernetes/cluster";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Kubernetes is compiled and Debian downloaded, once. */
  private static final Duration PREPARATION = Duration.ofMinutes(90);

  private static final Duration START = Duration.ofMinutes(10);
  private static final Duration ANSWER = Duration.ofMinutes(5);

  private final Path folder;
  private final Path logs;
  private final String sparkHome;
  private final Process process;

  private Cluster(Path folder, Path logs, String sparkHome, Process process) {
    this.folder = folder;
    this.logs = logs;
    this.sparkHome = sparkHome;
    this.process = process;
  }

  /**
   * Starts one.
   *
   * @param folder for its files, which is emptied first; they are left there to be looked at
   * @param logs for what commands print
   */
  static Cluster start(Path folder, Path logs) throws IOException, InterruptedException {
    String sparkHome;
    try (Script prepare = Script.start(logs, Map.of(), COMMAND, "prepare")) {
      assertThat(prepare.exitCode(PREPARATION)).as(prepare.everything()).isZero();
      sparkHome = prepare.output().strip();
      System.err.println(prepare.everything().strip());
    }
    Path log = Files.createTempFile(logs, "cluster-", ".log");
    Files.deleteIfExists(folder.resolve("ready"));
    // It runs for as long as this process holds its standard input open.
    Process process =
        new ProcessBuilder(ROOT.resolve(COMMAND).toString(), "run", folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Cluster cluster = new Cluster(folder, logs, sparkHome, process);
    long deadline = System.nanoTime() + START.toNanos();
    while (!Files.exists(folder.resolve("ready"))) {
      if (process.waitFor(200, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
        String machine = cluster.read("machine.log");
        cluster.close();
        throw new AssertionError("no cluster:\n" + Files.readString(log) + machine);
      }
    }
    return cluster;
  }

  /** Starts a command inside, as the administrator unless the environment says otherwise. */
  Script start(Map<String, String> environment, String... command) throws IOException {
    List<String> all = new ArrayList<>(List.of(COMMAND, "exec", folder.toString()));
    all.addAll(List.of(command));
    return Script.start(logs, environment, all.toArray(String[]::new));
  }

  /** What kubectl prints, which must not fail. */
  String kubectl(String... arguments) throws IOException, InterruptedException {
    try (Script script = start(Map.of(), kubectlWith(arguments))) {
      assertThat(script.exitCode(ANSWER)).as(script.everything()).isZero();
      return script.output();
    }
  }

  /** What kubectl says when it fails, which it must. */
  String refused(String... arguments) throws IOException, InterruptedException {
    try (Script script = start(Map.of(), kubectlWith(arguments))) {
      assertThat(script.exitCode(ANSWER)).as(script.everything()).isNotZero();
      return script.everything();
    }
  }

  /** Objects of a kind in the namespace, or of all those that arguments select. */
  List<JsonNode> list(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("get", "-o", "json"));
    all.addAll(List.of(arguments));
    List<JsonNode> items = new ArrayList<>();
    JSON.readTree(kubectl(all.toArray(String[]::new))).get("items").forEach(items::add);
    return items;
  }

  /** Waits until there are none, since Kubernetes collects what nobody owns when it likes. */
  void awaitNone(String... arguments) {
    await().atMost(ANSWER).untilAsserted(() -> assertThat(list(arguments)).isEmpty());
  }

  /** A manifest as a file, for kubectl. */
  String file(Object manifest) throws IOException {
    Path file = Files.createTempFile(logs, "manifest-", ".json");
    JSON.writeValue(file.toFile(), manifest);
    return file.toString();
  }

  /** The Spark that its pods have, for whoever submits. */
  String sparkHome() {
    return sparkHome;
  }

  /** The second node loses its power: nobody hears of it any more, nor from it. */
  void loseSecondNode() throws IOException, InterruptedException {
    String init = Files.readString(folder.resolve("node2/init")).strip();
    String script = "ip link set cable down && kill -9 " + init;
    try (Script lose = start(Map.of(), "sh", "-c", script)) {
      assertThat(lose.exitCode(ANSWER)).as(lose.everything()).isZero();
    }
  }

  /** A user's kubeconfig. */
  String kubeconfigOf(String user) {
    return folder.resolve("pki/" + user + ".conf").toString();
  }

  /** The folder on the node that the claim {@code cairn-runs} is. */
  Path runs() {
    return folder.resolve("runs");
  }

  /** All that was asked of the API server, a line each. */
  List<JsonNode> asked() throws IOException {
    List<JsonNode> asked = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("audit.log"))) {
      asked.add(JSON.readTree(line));
    }
    return asked;
  }

  private String read(String file) throws IOException {
    Path path = folder.resolve(file);
    return Files.exists(path) ? Files.readString(path) : "";
  }

  private static String[] kubectlWith(String... arguments) {
    List<String> all = new ArrayList<>(List.of("kubectl", "--namespace", PodsIT.NAMESPACE));
    all.addAll(List.of(arguments));
    return all.toArray(String[]::new);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.getOutputStream().close();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("the cluster has ended").isTrue();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.deploy.RunFolder;
import io.cairn.deploy.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code deploy/kubernetes/submit}, unmodified, as whoever submits runs it on a {@link Cluster}:
 * with rights of his own, and with sizes that fit on a small machine.
 *
 * <p>Who starts it closes it. Threading: one thread.
 */
final class SubmittedRun implements AutoCloseable {

  /** Machines are slow, and pods take their time. */
  private static final Duration LIMIT = Duration.ofMinutes(15);

  private final Cluster cluster;
  private final RunFolder folder;
  private final Script submit;

  /** Prints the exit code of the driver's container once it has one; its pod may be gone then. */
  private Script exits;

  private SubmittedRun(Cluster cluster, RunFolder folder, Script submit) {
    this.cluster = cluster;
    this.folder = folder;
    this.submit = submit;
  }

  /**
   * Submits a run; the same command goes on with it.
   *
   * @param name of the run's output
   * @param command Cairn's, with its arguments
   */
  static SubmittedRun start(Cluster cluster, String name, List<String> command) throws IOException {
    List<String> words =
        new ArrayList<>(List.of("deploy/kubernetes/submit", "--master", Cluster.MASTER, "--cpu"));
    for (String setting :
        List.of(
            "spark.kubernetes.container.image=cairn:0.1.0",
            "spark.executor.cores=1",
            "spark.task.cpus=1",
            "spark.kubernetes.executor.limit.cores=1",
            "spark.kubernetes.executor.request.cores=100m",
            "spark.kubernetes.driver.request.cores=100m",
            "spark.executor.memory=1g",
            "spark.executor.memoryOverhead=2g",
            "spark.executor.extraJavaOptions=-Dorg.bytedeco.javacpp.maxbytes=1g"
                + " -Dorg.bytedeco.javacpp.maxphysicalbytes=0"
                + " -Dorg.eclipse.deeplearning4j.helpers.disable=false"
                + " -Dlog4j2.configurationFile=file:/opt/cairn/conf/log4j2.properties",
            "spark.kubernetes.executor.secretKeyRef.STORE_KEY=store:key",
            "spark.kubernetes.driver.secrets.store=/opt/secrets")) {
      words.addAll(List.of("--conf", setting));
    }
    words.addAll(command);
    words.addAll(List.of("--set", "output=/runs/" + name));
    Map<String, String> environment =
        Map.of("SPARK_HOME", cluster.sparkHome(), "KUBECONFIG", cluster.kubeconfigOf("submitter"));
    return new SubmittedRun(
        cluster,
        new RunFolder(cluster.runs().resolve(name)),
        cluster.start(environment, words.toArray(String[]::new)));
  }

  /** Drivers that run, as far as is known, the newest last. */
  List<JsonNode> drivers() throws IOException, InterruptedException {
    return running("spark-role=driver");
  }

  /** The driver's pod. */
  JsonNode driver() throws IOException, InterruptedException {
    List<JsonNode> found = drivers();
    assertThat(found).as("drivers that run").isNotEmpty();
    return found.get(found.size() - 1);
  }

  /** The driver's executors that run, the oldest first. */
  List<JsonNode> executors() throws IOException, InterruptedException {
    String application = driver().at("/metadata/labels/spark-app-selector").asText();
    return running("spark-role=executor,spark-app-selector=" + application);
  }

  /** Waits until an attempt, or a later one, has done an update. */
  void awaitUpdate(int attempt, long update) throws IOException, InterruptedException {
    awaitThat("update " + update + " in attempt " + attempt, () -> folder.isAt(attempt, update));
    if (exits == null) {
      exits =
          cluster.start(
              Map.of(),
              "kubectl",
              "get",
              "pod",
              "--namespace=" + PodsIT.NAMESPACE,
              driver().at("/metadata/name").asText(),
              "--watch",
              "--output=jsonpath={.status.containerStatuses[0].state.terminated.exitCode} ");
    }
  }

  /** Waits for something to come about while the run goes on. */
  void awaitThat(String what, Callable<Boolean> holds) throws IOException {
    await()
        .pollInterval(Duration.ofMillis(200))
        .atMost(LIMIT)
        .until(() -> holds.call() || !submit.isRunning());
    try {
      assertThat(holds.call()).as("%s, before the end of %s", what, submit.everything()).isTrue();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(what, e);
    }
  }

  /**
   * Waits for the end of the driver, and of spark-submit, which ends well however that came about.
   *
   * @return the exit code of the driver, which is seen from an update on that was waited for
   */
  int exitCode() throws IOException, InterruptedException {
    assertThat(submit.exitCode(LIMIT)).as(submit.everything()).isZero();
    String[] seen = exits.output().strip().split(" +");
    return Integer.parseInt(seen[seen.length - 1]);
  }

  private List<JsonNode> running(String selector) throws IOException, InterruptedException {
    return cluster.list(
        "pods",
        "--selector=" + selector,
        "--field-selector=status.phase=Running",
        "--sort-by=.metadata.creationTimestamp");
  }

  @Override
  public void close() {
    submit.close();
    if (exits != null) {
      exits.close();
    }
  }
}

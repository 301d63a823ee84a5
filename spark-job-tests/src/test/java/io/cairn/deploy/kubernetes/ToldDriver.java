/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.launch.HostEnvironment;
import io.cairn.launch.SparkSettings;
import io.cairn.launch.SparkSetup;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;

/**
 * Spark's driver, started with what a driver's pod is told and what Cairn adds to it, so that it
 * asks for executors; none will ever run.
 *
 * <p>Pods that nobody runs have no status, over which a thread of Spark's stumbles: what is awaited
 * here is the driver's doing, not that thread's.
 *
 * <p>Who starts it closes it, which removes the executors. Threading: one thread.
 */
final class ToldDriver implements AutoCloseable {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final SparkContext spark;
  private final KubernetesClient client;
  private final int workers;
  private final Settings settings;

  private ToldDriver(SparkContext spark, KubernetesClient client, int workers, Settings settings) {
    this.spark = spark;
    this.client = client;
    this.workers = workers;
    this.settings = settings;
  }

  static ToldDriver start(Pod pod, ApiServer api, Path folder, int workers) throws IOException {
    KubernetesClient client = api.client();
    SparkConf told = new SparkConf(false);
    Properties properties = new Properties();
    properties.load(new StringReader(mountedFile(pod, client, "/opt/spark/conf")));
    properties.forEach((key, value) -> told.set((String) key, (String) value));
    Path template = Files.createTempFile(folder, "pod-template-", ".yaml");
    Files.writeString(template, mountedFile(pod, client, "/opt/spark/pod-template"));
    told.set("spark.kubernetes.executor.podTemplateFile", template.toString());
    Settings settings =
        SettingsReader.read(
            ROOT.resolve("conf/quickstart.conf"),
            List.of(),
            SparkSettings.cairnsOwn(told),
            batch -> List.of());
    SparkConf conf =
        SparkSetup.forTraining(told, settings, workers, HostEnvironment.ofThisProcess(Map.of()));
    // This process is in no pod, and no executor will register.
    conf.set("spark.kubernetes.driver.master", api.master().substring("k8s://".length()))
        .set("spark.driver.host", "127.0.0.1")
        .set("spark.driver.bindAddress", "127.0.0.1")
        .set("spark.driver.port", "0")
        .set("spark.driver.blockManager.port", "0")
        .set("spark.scheduler.minRegisteredResourcesRatio", "0")
        .set("spark.eventLog.enabled", "false")
        .set("spark.ui.enabled", "false")
        .remove("spark.jars");
    return new ToldDriver(new SparkContext(conf), client, workers, settings);
  }

  /** What Cairn takes for its settings in such a pod. */
  Settings settings() {
    return settings;
  }

  /** The executors it asks for, once they are all there. */
  List<Pod> awaitExecutors() {
    return await(workers + " executors")
        .dontCatchUncaughtExceptions()
        .atMost(LIMIT)
        .until(() -> PodsIT.pods(client, "executor"), pods -> pods.size() >= workers);
  }

  /** Lets an executor's pod fail, and waits until the driver has removed it. */
  void failAndAwaitRemoval(Pod executor) {
    Pod failed = new PodBuilder(executor).editOrNewStatus().withPhase("Failed").endStatus().build();
    client.resource(failed).updateStatus();
    String name = executor.getMetadata().getName();
    await("the end of " + name)
        .dontCatchUncaughtExceptions()
        .atMost(LIMIT)
        .until(
            () ->
                PodsIT.pods(client, "executor").stream()
                    .noneMatch(pod -> pod.getMetadata().getName().equals(name)));
  }

  @Override
  public void close() {
    try (client) {
      spark.stop();
    }
  }

  /** The one file of the ConfigMap that a pod mounts at a path. */
  private static String mountedFile(Pod pod, KubernetesClient client, String path) {
    String volume = PodsIT.mounts(pod.getSpec().getContainers().get(0)).get(path);
    JsonNode source = PodsIT.volume(pod, volume).get("configMap");
    ConfigMap map =
        client
            .configMaps()
            .inNamespace(PodsIT.NAMESPACE)
            .withName(source.get("name").asText())
            .get();
    return map.getData().get(source.at("/items/0/key").asText());
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pods as Spark itself makes them from our settings and templates: {@code deploy/kubernetes/submit}
 * gives an API server the driver's pod, and a driver with what that pod is told asks for executors.
 */
class PodsIT {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  static final String NAMESPACE = "cairn";
  private static final int WORKERS = 2;

  @TempDir Path temp;

  @Test
  void driverAndExecutorsAreWhatTheFilesSay() throws Exception {
    try (ApiServer api = ApiServer.start();
        KubernetesClient client = api.client()) {
      submit(api, List.of(), "train", "/opt/cairn/job/my.conf", "--set", "output=/runs/my");
      assertThat(api.asked()).containsExactly("create pods", "patch configmaps", "patch services");
      Pod pod = pods(client, "driver").get(0);
      checkDriver(pod);
      try (ToldDriver driver = ToldDriver.start(pod, api, temp, WORKERS)) {
        List<Pod> executors = driver.awaitExecutors();
        assertThat(executors).hasSize(WORKERS);
        executors.forEach(PodsIT::checkExecutor);
        assertThat(driver.settings().collective().ports())
            .as("the ports that the policy opens to executors")
            .hasToString(portsOfTheAllReduce());
        driver.failAndAwaitRemoval(executors.get(0));
      }
      assertThat(api.asked())
          .as("the Role allows what a driver asks for from start to end, and no more")
          .isEqualTo(allowedToTheDriver());
    }
  }

  @Test
  void aGangIsReservedWhole() throws Exception {
    try (ApiServer api = ApiServer.start();
        KubernetesClient client = api.client()) {
      String gang = ROOT.resolve("deploy/kubernetes/yunikorn.conf").toString();
      submit(api, List.of("--gang", gang), "train", "/opt/cairn/job/my.conf");
      Pod driver = pods(client, "driver").get(0);
      List<Pod> all = new ArrayList<>(List.of(driver));
      try (ToldDriver told = ToldDriver.start(driver, api, temp, WORKERS)) {
        all.addAll(told.awaitExecutors());
      }
      Map<String, String> driverSays = driver.getMetadata().getAnnotations();
      Map<String, JsonNode> groups = new HashMap<>();
      for (JsonNode group :
          new ObjectMapper().readTree(driverSays.get("yunikorn.apache.org/task-groups"))) {
        groups.put(group.get("name").asText(), group);
      }
      assertThat(groups.keySet()).containsExactlyInAnyOrder("cairn-driver", "cairn-executor");
      assertThat(groups.get("cairn-executor").get("minMember").asInt()).isEqualTo(WORKERS);
      for (Pod pod : all) {
        assertThat(pod.getSpec().getSchedulerName()).isEqualTo("yunikorn");
        assertThat(pod.getMetadata().getLabels()).containsEntry("queue", "root.default");
        Map<String, String> says = pod.getMetadata().getAnnotations();
        assertThat(says)
            .containsEntry(
                "yunikorn.apache.org/app-id",
                pod.getMetadata().getLabels().get("spark-app-selector"));
        JsonNode group = groups.get(says.get("yunikorn.apache.org/task-group-name"));
        assertThat(asRequested(group.get("minResource")))
            .as("what %s reserves is what its pods request", group)
            .isEqualTo(requested(pod));
        assertThat(Manifests.problems(Manifests.of(pod))).isEmpty();
      }
      assertThat(driverSays.get("yunikorn.apache.org/schedulingPolicyParameters"))
          .contains("gangSchedulingStyle=Hard");
    }
  }

  @Test
  void withoutGpusNothingAsksForOne() throws Exception {
    try (ApiServer api = ApiServer.start();
        KubernetesClient client = api.client()) {
      String[] digits = {
        "train",
        "/opt/cairn/conf/quickstart.conf",
        "--set",
        "model.source=/opt/cairn/conf/models/digits-mlp.json",
        "--set",
        "data.train.path=/opt/cairn/conf/data/digits.csv",
        "--set",
        "output=/runs/digits"
      };
      submit(
          api, List.of("--cpu", "--conf", "spark.kubernetes.container.image=cairn:0.1.0"), digits);
      assertThat(pods(client, "driver").get(0).getSpec().getContainers().get(0).getArgs())
          .endsWith(digits);
      try (ToldDriver driver =
          ToldDriver.start(pods(client, "driver").get(0), api, temp, WORKERS)) {
        for (Pod executor : driver.awaitExecutors()) {
          Container container = executor.getSpec().getContainers().get(0);
          assertThat(container.getImage()).isEqualTo("cairn:0.1.0");
          assertThat(container.getResources().getLimits()).containsOnlyKeys("cpu", "memory");
          assertThat(environment(container))
              .doesNotContainKey("CUDA_DEVICE_ORDER")
              // Each of the four cores computes a micro-batch.
              .containsEntry("OMP_NUM_THREADS", "1");
        }
      }
    }
  }

  private static void checkDriver(Pod pod) {
    assertThat(Manifests.problems(Manifests.of(pod))).isEmpty();
    assertThat(pod.getMetadata().getLabels())
        .containsEntry("app.kubernetes.io/part-of", "cairn")
        .containsEntry("spark-role", "driver");
    assertThat(pod.getSpec().getServiceAccountName()).isEqualTo("cairn-driver");
    Container container = checkWhatBothHave(pod, "driver");
    assertThat(container.getArgs())
        .containsExactly(
            "driver",
            "--properties-file",
            "/opt/spark/conf/spark.properties",
            "--class",
            "io.cairn.cli.Cairn",
            "local:///opt/cairn/cairn-spark-job.jar",
            "train",
            "/opt/cairn/job/my.conf",
            "--set",
            "output=/runs/my");
    assertThat(container.getResources().getLimits())
        .isEqualTo(Map.of("memory", new Quantity("3072Mi")));
    assertThat(container.getResources().getRequests())
        .isEqualTo(Map.of("memory", new Quantity("3072Mi"), "cpu", new Quantity("1")));
    assertThat(ports(container)).contains("driver-rpc-port 7078", "blockmanager 7079");
    assertThat(mounts(container)).containsEntry("/opt/cairn/job", "job");
    JsonNode job = volume(pod, "job");
    assertThat(job.at("/configMap/name").asText()).isEqualTo("cairn-job");
    assertThat(job.at("/configMap/optional").asBoolean()).isTrue();
  }

  private static void checkExecutor(Pod pod) {
    assertThat(Manifests.problems(Manifests.of(pod))).isEmpty();
    assertThat(pod.getMetadata().getLabels())
        .containsEntry("app.kubernetes.io/part-of", "cairn")
        .containsEntry("spark-role", "executor");
    assertThat(pod.getSpec().getServiceAccountName()).isEqualTo("cairn-executor");
    assertThat(pod.getSpec().getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getSpec().getSchedulerName()).isNull();
    Container container = checkWhatBothHave(pod, "executor");
    // 4 GiB of heap, 6 GiB of overhead.
    assertThat(container.getResources().getLimits())
        .isEqualTo(
            Map.of(
                "memory", new Quantity("10240Mi"),
                "cpu", new Quantity("4"),
                "nvidia.com/gpu", new Quantity("1")));
    assertThat(container.getResources().getRequests())
        .isEqualTo(Map.of("memory", new Quantity("10240Mi"), "cpu", new Quantity("4")));
    Map<String, String> environment = environment(container);
    assertThat(environment)
        .containsEntry("OMP_NUM_THREADS", "4")
        .containsEntry("OMP_WAIT_POLICY", "passive")
        .containsEntry("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
        .containsEntry("SPARK_EXECUTOR_CORES", "4")
        .containsEntry("SPARK_EXECUTOR_MEMORY", "4096m")
        .containsEntry("SPARK_LOCAL_DIRS", "/local");
    assertThat(environment.get("_SPARK_AUTH_SECRET")).as("authentication").hasSizeGreaterThan(30);
    assertThat(environment.values())
        .contains(
            "-Dorg.bytedeco.javacpp.maxbytes=5g",
            "-Dorg.eclipse.deeplearning4j.helpers.disable=false",
            "-Dlog4j2.configurationFile=file:/opt/cairn/conf/log4j2.properties",
            "-XX:+UseParallelGC",
            "-Dspark.network.crypto.enabled=true",
            "-Dspark.network.crypto.cipher=AES/CTR/NoPadding");
    assertThat(ports(container)).containsExactly("blockmanager 7079");
    assertThat(mounts(container))
        .containsEntry("/dev/shm", "shm")
        .containsEntry("/local", "spark-local-dir-1");
    assertThat(volume(pod, "shm").at("/emptyDir/medium").asText()).isEqualTo("Memory");
    assertThat(volume(pod, "shm").at("/emptyDir/sizeLimit").asText()).isEqualTo("64Mi");
    assertThat(volume(pod, "spark-local-dir-1").at("/emptyDir/sizeLimit").asText())
        .isEqualTo("100Gi");
    assertThat(Manifests.of(pod.getSpec().getTolerations()).toString()).contains("nvidia.com/gpu");
  }

  private static Container checkWhatBothHave(Pod pod, String name) {
    assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(300);
    assertThat(pod.getSpec().getRestartPolicy()).isEqualTo("Never");
    assertThat(pod.getSpec().getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod.getSpec().getSecurityContext().getRunAsUser()).isEqualTo(185);
    assertThat(pod.getSpec().getSecurityContext().getFsGroup()).isEqualTo(185);
    assertThat(volume(pod, "runs").at("/persistentVolumeClaim/claimName").asText())
        .isEqualTo("cairn-runs");
    assertThat(pod.getSpec().getContainers()).hasSize(1);
    Container container = pod.getSpec().getContainers().get(0);
    assertThat(container.getName()).isEqualTo(name);
    assertThat(container.getImage()).isEqualTo("cairn:0.1.0-cuda");
    assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(mounts(container)).containsEntry("/runs", "runs");
    return container;
  }

  private void submit(ApiServer api, List<String> options, String... command) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--master", api.master()));
    arguments.addAll(options);
    // Nobody will start the pod.
    arguments.addAll(List.of("--conf", "spark.kubernetes.submission.waitAppCompletion=false"));
    arguments.addAll(List.of(command));
    SparkSubmission submission = SparkSubmission.of(temp, arguments.toArray(String[]::new));
    assertThat(submission.exitCode()).as(submission.output()).isZero();
  }

  static List<Pod> pods(KubernetesClient client, String role) {
    return client.pods().inNamespace(NAMESPACE).withLabel("spark-role", role).list().getItems();
  }

  private static Set<String> allowedToTheDriver() throws Exception {
    JsonNode role =
        Manifests.read(ROOT.resolve("deploy/kubernetes/rbac.yaml"), "Role", "cairn-driver");
    Set<String> allowed = new TreeSet<>();
    for (JsonNode rule : role.get("rules")) {
      rule.get("resources")
          .forEach(
              resource ->
                  rule.get("verbs")
                      .forEach(verb -> allowed.add(verb.asText() + " " + resource.asText())));
    }
    return allowed;
  }

  private static String portsOfTheAllReduce() throws Exception {
    Path file = ROOT.resolve("deploy/kubernetes/network-policy.yaml");
    JsonNode port =
        Manifests.read(file, "NetworkPolicy", "cairn-executor").at("/spec/ingress/0/ports/0");
    return port.get("port").asText() + "-" + port.get("endPort").asText();
  }

  private static Map<String, Quantity> requested(Pod pod) {
    var resources = pod.getSpec().getContainers().get(0).getResources();
    Map<String, Quantity> requested = new HashMap<>(resources.getLimits());
    requested.putAll(resources.getRequests());
    return requested;
  }

  private static Map<String, Quantity> asRequested(JsonNode resources) {
    Map<String, Quantity> quantities = new HashMap<>();
    resources
        .fields()
        .forEachRemaining(e -> quantities.put(e.getKey(), new Quantity(e.getValue().asText())));
    return quantities;
  }

  private static Map<String, String> environment(Container container) {
    return container.getEnv().stream()
        .filter(variable -> variable.getValue() != null)
        .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
  }

  private static List<String> ports(Container container) {
    return container.getPorts().stream()
        .map(port -> port.getName() + " " + port.getContainerPort())
        .toList();
  }

  /** Path to volume. */
  static Map<String, String> mounts(Container container) {
    return container.getVolumeMounts().stream()
        .collect(Collectors.toMap(m -> m.getMountPath(), m -> m.getName()));
  }

  static JsonNode volume(Pod pod, String name) {
    Optional<JsonNode> found =
        pod.getSpec().getVolumes().stream()
            .filter(volume -> volume.getName().equals(name))
            .findFirst()
            .map(Manifests::of);
    return found.orElseThrow(() -> new AssertionError("no volume " + name + " in " + pod));
  }
}

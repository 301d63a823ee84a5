/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cairn.deploy.Needed;
import io.cairn.deploy.RunFolder;
import io.cairn.deploy.Script;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code deploy/kubernetes} on a real Kubernetes, as its README.md tells people to use it: API
 * server with RBAC, scheduler, controllers, kubelet, containers. One after the other, since one run
 * goes through all that happens to pods, and a role is what all of that asked for.
 */
@Tag("kubernetes")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterIT {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  private static final Path FOLDER = ROOT.resolve("deploy/kubernetes");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Enough updates for all that happens on the way, also on a fast machine. */
  private static final int EPOCHS = 500;

  private static final int UPDATES = 12 * EPOCHS;
  private static final String[] SETTINGS = {
    "train.epochs=" + EPOCHS, "checkpoint.every-updates=40"
  };
  private static final String SECRET = "what only the store and its users know";
  private static final String NAME = "digits";

  @TempDir static Path temp;

  private static Cluster cluster;
  private static LivePods pods;

  @BeforeAll
  static void startTheCluster() throws Exception {
    Needed.assume(
        Path.of(System.getProperty("cairn.jar"))
            .equals(ROOT.resolve("spark-job/target/cairn-spark-job.jar")),
        "the jar that the Dockerfile copies, since the image is for Spark 3.5 and this build for another");
    cluster = Cluster.start(ROOT.resolve("spark-job-tests/target/kubernetes"), temp);
    pods = new LivePods(cluster);
  }

  @AfterAll
  static void stopTheCluster() throws Exception {
    if (cluster != null) {
      cluster.close();
      try (Stream<Path> groups = Files.walk(Path.of("/sys/fs/cgroup"), 2)) {
        assertThat(groups)
            .as("control groups that are left")
            .noneMatch(group -> group.getFileName().toString().startsWith("cairn-kubernetes-"));
      }
    }
  }

  /** "Once for a namespace", of README.md; the claim and the namespace's guard are the site's. */
  @Test
  @Order(1)
  void theManifestsAreTakenAsTheyAre() throws Exception {
    Path runs = Files.createDirectories(cluster.runs().resolve("history")).getParent();
    for (Path folder : List.of(runs, runs.resolve("history"))) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    cluster.kubectl("create", "namespace", PodsIT.NAMESPACE);
    cluster.kubectl(
        "label",
        "namespace",
        PodsIT.NAMESPACE,
        "pod-security.kubernetes.io/enforce=restricted",
        "pod-security.kubernetes.io/warn=restricted");
    cluster.kubectl(
        "apply",
        "--validate=strict",
        "--filename=" + FOLDER.resolve("rbac.yaml"),
        "--filename=" + FOLDER.resolve("network-policy.yaml"));
    Path site = Files.writeString(temp.resolve("site.yaml"), SiteManifests.of(runs));
    cluster.kubectl("apply", "--validate=strict", "--filename=" + site);
    cluster.kubectl("create", "secret", "generic", "store", "--from-literal=key=" + SECRET);
    Path job = Files.createDirectory(temp.resolve("job"));
    Files.copy(ROOT.resolve("conf/models/digits-mlp.json"), job.resolve("my-model.json"));
    Files.writeString(
        job.resolve("my.conf"),
        Files.readString(ROOT.resolve("conf/quickstart.conf"))
            .replaceFirst(
                "(?s)model \\{.*?\n}\n", "model { source = /opt/cairn/job/my-model.json }\n")
            .replace("conf/data/digits.csv", "/opt/cairn/conf/data/digits.csv"));
    cluster.kubectl("create", "configmap", "cairn-job", "--from-file=" + job);
  }

  @Test
  @Order(2)
  void theOperatorsManifestIsOneForItsDefinition() throws Exception {
    cluster.kubectl("create", "--filename=" + cluster.file(SiteManifests.sparkApplications()));
    // An API server takes a moment until it knows a new kind.
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> assertThat(cluster.list("sparkapplications")).isEmpty());
    Path manifest = FOLDER.resolve("spark-application.yaml");
    cluster.kubectl("create", "--validate=strict", "--filename=" + manifest);
    assertThat(cluster.list("sparkapplications")).hasSize(1);
    cluster.kubectl("delete", "--filename=" + manifest);

    ObjectNode misspelt = (ObjectNode) Manifests.read(manifest).get(0);
    ((ObjectNode) misspelt.at("/spec/executor")).put("gpus", 1);
    assertThat(
            cluster.refused("create", "--validate=strict", "--filename=" + cluster.file(misspelt)))
        .contains("unknown field \"spec.executor.gpus\"");
  }

  @Test
  @Order(3)
  void podsThatAreNotRestrictedAreTurnedAway() throws Exception {
    ObjectNode pod = (ObjectNode) Manifests.read(FOLDER.resolve("executor-pod.yaml")).get(0);
    ObjectNode container = (ObjectNode) pod.at("/spec/containers/0");
    container.put("image", "cairn:0.1.0");
    ((ObjectNode) pod.get("metadata")).put("name", "guarded");
    cluster.kubectl("create", "--dry-run=server", "--filename=" + cluster.file(pod));
    container.remove("securityContext");
    assertThat(cluster.refused("create", "--dry-run=server", "--filename=" + cluster.file(pod)))
        .contains("violates PodSecurity \"restricted", "allowPrivilegeEscalation", "capabilities");
  }

  /**
   * An executor's process is killed, an executor evicted, a node drained, the driver deleted, its
   * node lost. After each of those that end the driver the same command goes on.
   */
  @Test
  @Order(4)
  void theRunGoesOnWhateverHappensToItsPods() throws Exception {
    RunFolder folder = new RunFolder(cluster.runs().resolve(NAME));
    try (SubmittedRun run = submit()) {
      run.awaitUpdate(1, 20);
      List<JsonNode> executors = run.executors();
      assertThat(executors).hasSize(2);
      pods.checkDriver(run.driver(), SECRET);
      for (JsonNode executor : executors) {
        pods.checkExecutor(executor, SECRET);
      }

      String killed = nameOf(executors.get(0));
      pods.kill(killed);
      run.awaitUpdate(2, folder.lastUpdate() + 20);
      assertThat(run.executors())
          .extracting(ClusterIT::nameOf)
          .as("another one in its place")
          .hasSize(2)
          .doesNotContain(killed)
          .contains(nameOf(executors.get(1)));

      evict(nameOf(run.executors().get(0)));
      assertThat(run.exitCode()).isEqualTo(75);
      assertThat(lastDriver().at("/status/phase").asText()).isEqualTo("Failed");
    }
    requireResumable(folder);
    try (SubmittedRun run = submit()) {
      run.awaitUpdate(3, folder.lastUpdate() + 20);
      String node = nodeOf(run.executors().get(0));
      cluster.kubectl("drain", node, "--force", "--delete-emptydir-data", "--timeout=300s");
      assertThat(run.exitCode()).isEqualTo(75);
      cluster.kubectl("uncordon", node);
    }
    requireResumable(folder);
    try (SubmittedRun run = submit()) {
      run.awaitUpdate(4, folder.lastUpdate() + 20);
      cluster.kubectl("delete", "pod", nameOf(run.driver()));
      assertThat(run.exitCode()).isEqualTo(75);
    }
    requireResumable(folder);
    loseTheDriversNode(folder);
    try (SubmittedRun run = submit()) {
      run.awaitUpdate(6, folder.lastUpdate() + 20);
      pods.checkWhoMayConnect(run);
      assertThat(run.exitCode()).isZero();
    }
    assertThat(folder.state()).isEqualTo("SUCCEEDED");
    folder.requireUpdates(UPDATES);
    assertThat(folder.attempts()).hasSize(6);
    assertThat(folder.accuracy()).isGreaterThan(0.93);
  }

  @Test
  @Order(5)
  void aFinishedRunLeavesNothingBehindButItsDriversLog() throws Exception {
    // Those of the driver that was lost go when Kubernetes has collected it.
    cluster.awaitNone("pods", "--selector=spark-role=executor");
    assertThat(cluster.list("services,persistentvolumeclaims", "--selector=spark-app-selector"))
        .isEmpty();
    String driver = nameOf(lastDriver());
    assertThat(cluster.kubectl("logs", driver)).contains("model: ");
    cluster.kubectl("delete", "pods", "--selector=spark-role=driver");
    cluster.awaitNone(
        "configmaps", "--field-selector=metadata.name!=kube-root-ca.crt,metadata.name!=cairn-job");
    assertThat(cluster.list("pods,services,secrets"))
        .extracting(ClusterIT::nameOf)
        .containsExactly("store");
  }

  @Test
  @Order(6)
  void theRolesAllowWhatWasAskedForAndNoMore() throws Exception {
    List<JsonNode> asked = cluster.asked();
    String accounts = "system:serviceaccount:" + PodsIT.NAMESPACE + ":";
    Asked driver = Asked.by(accounts + "cairn-driver", asked);
    assertThat(driver.refused()).as("what the driver may not").isEmpty();
    assertThat(driver.allowed()).isEqualTo(allowed(FOLDER.resolve("rbac.yaml"), "cairn-driver"));
    Asked submitter = Asked.by("submitter", asked);
    assertThat(submitter.refused()).as("what whoever submits may not").isEmpty();
    assertThat(allowed(temp.resolve("site.yaml"), "submitter")).containsAll(submitter.allowed());
    assertThat(Asked.by(accounts + "cairn-executor", asked))
        .isEqualTo(new Asked(Set.of(), Set.of()));
    assertThat(Asked.by(accounts + "default", asked)).isEqualTo(new Asked(Set.of(), Set.of()));
  }

  /** Last, for it needs the machine to itself. */
  @Test
  @Order(7)
  void whatHappenedHasNotChangedTheModel() throws Exception {
    Path undisturbed = temp.resolve("undisturbed");
    List<String> words = new ArrayList<>(List.of("deploy/local/cairn"));
    words.addAll(List.of("train", "conf/quickstart.conf", "--set", "output=" + undisturbed));
    words.addAll(List.of("--set", "model.source=conf/models/digits-mlp.json"));
    for (String setting : SETTINGS) {
      words.addAll(List.of("--set", setting));
    }
    try (Script script = Script.start(temp, Map.of(), words.toArray(String[]::new))) {
      assertThat(script.exitCode(Duration.ofMinutes(15))).as(script.everything()).isZero();
    }
    assertThat(contents(cluster.runs().resolve(NAME).resolve("model.zip")))
        .containsKeys("configuration.json", "coefficients.bin", "updaterState.bin")
        .isEqualTo(contents(undisturbed.resolve("model.zip")));
  }

  /** What is in an archive, by name; only the time at which it was written may differ. */
  private static Map<String, ByteBuffer> contents(Path archive) throws IOException {
    Map<String, ByteBuffer> contents = new TreeMap<>();
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        contents.put(entry.getName(), ByteBuffer.wrap(zip.readAllBytes()));
      }
    }
    return contents;
  }

  /**
   * The node of a driver is lost; whoever looks after nodes tells Kubernetes that it is no more.
   */
  private static void loseTheDriversNode(RunFolder folder) throws Exception {
    cluster.kubectl("cordon", "node1");
    try (SubmittedRun run = submit()) {
      run.awaitThat("the driver", () -> !run.drivers().isEmpty());
      assertThat(nodeOf(run.driver())).isEqualTo("node2");
      cluster.kubectl("uncordon", "node1");
      run.awaitUpdate(5, folder.lastUpdate() + 20);
      cluster.loseSecondNode();
      cluster.kubectl("delete", "node", "node2");
      assertThat(folder.state()).isEqualTo("RUNNING");
    }
  }

  private static SubmittedRun submit() throws IOException {
    List<String> command = new ArrayList<>(List.of("train", "/opt/cairn/job/my.conf"));
    for (String setting : SETTINGS) {
      command.addAll(List.of("--set", setting));
    }
    return SubmittedRun.start(cluster, NAME, command);
  }

  /** As whoever wants the pod gone, and respects what stands against it, asks. */
  private static void evict(String pod) throws Exception {
    ObjectNode eviction =
        JSON.createObjectNode().put("apiVersion", "policy/v1").put("kind", "Eviction");
    eviction.putObject("metadata").put("name", pod).put("namespace", PodsIT.NAMESPACE);
    cluster.kubectl(
        "create",
        "--raw=/api/v1/namespaces/" + PodsIT.NAMESPACE + "/pods/" + pod + "/eviction",
        "--filename=" + cluster.file(eviction));
  }

  private static void requireResumable(RunFolder folder) throws IOException {
    JsonNode status = folder.status();
    assertThat(status.get("state").asText()).as(status.toString()).isEqualTo("RESUMABLE");
    assertThat(status.get("exitCode").asInt()).isEqualTo(75);
  }

  private static JsonNode lastDriver() throws Exception {
    List<JsonNode> drivers =
        cluster.list(
            "pods", "--selector=spark-role=driver", "--sort-by=.metadata.creationTimestamp");
    return drivers.get(drivers.size() - 1);
  }

  private static String nodeOf(JsonNode pod) {
    return pod.at("/spec/nodeName").asText();
  }

  static String nameOf(JsonNode object) {
    return object.at("/metadata/name").asText();
  }

  /** Each verb and resource that a Role allows. */
  private static Set<String> allowed(Path file, String role) throws IOException {
    Set<String> allowed = new TreeSet<>();
    for (JsonNode rule : Manifests.read(file, "Role", role).get("rules")) {
      for (JsonNode resource : rule.get("resources")) {
        for (JsonNode verb : rule.get("verbs")) {
          allowed.add(verb.asText() + " " + resource.asText());
        }
      }
    }
    return allowed;
  }
}

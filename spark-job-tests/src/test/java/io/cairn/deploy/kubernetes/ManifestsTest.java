/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code deploy/kubernetes} holds: valid, and of one mind. */
class ManifestsTest {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final Path FOLDER = PROJECT.resolve("deploy/kubernetes");
  private static final Path APPLICATION = FOLDER.resolve("spark-application.yaml");

  @ParameterizedTest
  @MethodSource("manifestFiles")
  void everyManifestIsAsItsPublishedSchemaSays(Path file) throws Exception {
    List<JsonNode> manifests = Manifests.read(file);
    assertThat(manifests).isNotEmpty();
    for (JsonNode manifest : manifests) {
      assertThat(Manifests.problems(manifest)).as(manifest.at("/metadata").toString()).isEmpty();
    }
  }

  @Test
  void misspeltAndMistypedFieldsAreRefusedWhereverTheyStand() throws Exception {
    ObjectNode pod = (ObjectNode) Manifests.read(FOLDER.resolve("executor-pod.yaml")).get(0);
    ((ObjectNode) pod.at("/spec/containers/0")).put("volumeMount", "shm");
    assertThat(Manifests.problems(pod)).singleElement().asString().contains("volumeMount");
    ((ObjectNode) pod.at("/spec/containers/0")).remove("volumeMount");
    ((ObjectNode) pod.get("spec")).put("terminationGracePeriodSeconds", "5m");
    assertThat(Manifests.problems(pod)).singleElement().asString().contains("integer");

    ObjectNode application = (ObjectNode) Manifests.read(APPLICATION).get(0);
    ((ObjectNode) application.at("/spec/executor")).put("gpus", 1);
    assertThat(Manifests.problems(application)).singleElement().asString().contains("gpus");
    ((ObjectNode) application.at("/spec/executor")).remove("gpus");
    ((ObjectNode) application.at("/spec/executor/podSecurityContext")).put("runAsUsr", 185);
    assertThat(Manifests.problems(application)).singleElement().asString().contains("runAsUsr");
    ((ObjectNode) application.at("/spec/executor/podSecurityContext")).remove("runAsUsr");
    ((ObjectNode) application.get("spec")).put("restartPolicy", "OnFailure");
    assertThat(Manifests.problems(application)).singleElement().asString().contains("object");
  }

  @Test
  void theOperatorsRunIsTheSameAsSparkSubmits() throws Exception {
    JsonNode spec = Manifests.read(APPLICATION).get(0).get("spec");
    Map<String, String> submitted = properties("conf/spark-defaults-kubernetes.conf");
    Map<String, String> said = new TreeMap<>();
    spec.get("sparkConf").fields().forEachRemaining(e -> said.put(e.getKey(), text(e.getValue())));
    // What the operator has words of its own for.
    said.put("spark.submit.deployMode", text(spec.at("/mode")));
    said.put("spark.kubernetes.container.image", text(spec.at("/image")));
    for (String role : List.of("driver", "executor")) {
      JsonNode pod = spec.get(role);
      said.put("spark." + role + ".cores", text(pod.at("/cores")));
      said.put("spark." + role + ".memory", text(pod.at("/memory")));
      said.put("spark." + role + ".memoryOverhead", text(pod.at("/memoryOverhead")));
      said.put("spark." + role + ".extraJavaOptions", text(pod.at("/javaOptions")).strip());
      said.put(
          "spark.kubernetes.authenticate." + role + ".serviceAccountName",
          text(pod.at("/serviceAccount")));
      JsonNode template = Manifests.read(FOLDER.resolve(role + "-pod.yaml")).get(0).get("spec");
      assertThat(pod.get("podSecurityContext")).isEqualTo(template.get("securityContext"));
      assertThat(pod.get("securityContext"))
          .isEqualTo(template.at("/containers/0/securityContext"));
      assertThat(pod.get("terminationGracePeriodSeconds"))
          .isEqualTo(template.get("terminationGracePeriodSeconds"));
      assertThat(pod.path("tolerations")).isEqualTo(template.path("tolerations"));
      assertThat(pod.get("volumeMounts")).containsAll(template.at("/containers/0/volumeMounts"));
      assertThat(spec.get("volumes")).containsAll(template.get("volumes"));
    }
    said.put("spark.kubernetes.executor.limit.cores", text(spec.at("/executor/coreLimit")));
    assertThat(text(spec.at("/executor/gpu/name")))
        .isEqualTo(said.get("spark.executor.resource.gpu.vendor") + "/gpu");
    assertThat(text(spec.at("/executor/gpu/quantity")))
        .isEqualTo(said.get("spark.executor.resource.gpu.amount"));
    for (JsonNode variable : spec.at("/executor/env")) {
      said.put("spark.executorEnv." + text(variable.get("name")), text(variable.get("value")));
    }
    // Where the operator is, it knows; templates and local directories it mounts itself.
    submitted
        .keySet()
        .removeIf(
            key ->
                key.equals("spark.kubernetes.namespace")
                    || key.contains("podTemplate")
                    || key.contains(".volumes."));
    assertThat(said).isEqualTo(submitted);
  }

  @Test
  void thePolicyOpensThePortsThatTheSettingsName() throws Exception {
    Map<String, String> settings = properties("conf/spark-defaults-kubernetes.conf");
    Path file = FOLDER.resolve("network-policy.yaml");
    String blocks = settings.get("spark.blockManager.port");
    assertThat(ports(Manifests.read(file, "NetworkPolicy", "cairn-executor")))
        .containsExactly(
            "executor " + settings.get("spark.cairn.collective.port-range"),
            "executor " + blocks,
            "driver " + blocks);
    assertThat(ports(Manifests.read(file, "NetworkPolicy", "cairn-driver")))
        .containsExactly(
            "executor " + settings.get("spark.driver.port"),
            "executor " + settings.get("spark.driver.blockManager.port"));
  }

  @Test
  void aPodHasTimeForItsLastCheckpoint() throws Exception {
    Settings settings = SettingsReader.read(PROJECT.resolve("conf/quickstart.conf"), List.of());
    for (String role : List.of("driver", "executor")) {
      JsonNode pod = Manifests.read(FOLDER.resolve(role + "-pod.yaml")).get(0);
      assertThat(pod.at("/spec/terminationGracePeriodSeconds").asLong())
          .as("seconds a stop may take, and time to end Spark")
          .isGreaterThanOrEqualTo(settings.recovery().stopWithin().toSeconds() + 60);
    }
  }

  private static Stream<Path> manifestFiles() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
    }
  }

  private static List<String> ports(JsonNode policy) {
    List<String> open = new ArrayList<>();
    for (JsonNode rule : policy.at("/spec/ingress")) {
      for (JsonNode port : rule.get("ports")) {
        String role = rule.at("/from/0/podSelector/matchLabels/spark-role").asText();
        String end = port.has("endPort") ? "-" + port.get("endPort") : "";
        open.add(role + " " + port.get("port") + end);
      }
    }
    return open;
  }

  private static String text(JsonNode value) {
    return value.asText();
  }

  private static Map<String, String> properties(String file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(PROJECT.resolve(file))) {
      properties.load(reader);
    }
    Map<String, String> sorted = new TreeMap<>();
    properties.forEach((key, value) -> sorted.put((String) key, ((String) value).strip()));
    return sorted;
  }
}

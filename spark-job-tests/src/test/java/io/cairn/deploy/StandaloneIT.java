/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.server.NoOpRpcHandler;
import org.apache.spark.network.util.MapConfigProvider;
import org.apache.spark.network.util.TransportConf;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Spark distribution, its master and two workers as daemons, and {@code deploy/standalone}
 * as README.md there tells people to use it, authentication and encryption on.
 */
@Tag("heavy")
class StandaloneIT {

  private static final int ANSWER_MS = 30_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path temp;

  private static Path folder;
  private static String sparkHome;

  @BeforeAll
  static void startTheCluster() throws Exception {
    sparkHome = SparkDistribution.home(temp);
    folder = temp.resolve("cluster");
    assertThat(cluster("start", "--workers", "2", "--port", "0"))
        .matches("spark://127.0.0.1:[0-9]+, 2 workers of 1 cores and 1g");
  }

  @AfterAll
  static void stopTheCluster() throws Exception {
    if (folder != null) {
      List<ProcessHandle> daemons = daemons("");
      cluster("stop");
      assertThat(daemons).noneMatch(ProcessHandle::isAlive);
    }
  }

  @Test
  void aFinishedRunIsShownByTheHistoryServerWithItsSettings() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("finished"));
    try (Script submit = submit(run, "train.epochs=8")) {
      assertThat(submit.exitCode()).as(submit.everything()).isZero();
      assertThat(submit.output()).contains("epoch 8/8, update 96/96", "model: ");
    }
    assertThat(run.state()).isEqualTo("SUCCEEDED");
    assertThat(run.updates()).hasSize(96).doesNotHaveDuplicates();
    assertThat(run.accuracy()).isGreaterThan(0.93);
    assertThat(run.path().resolve("model.zip")).isNotEmptyFile();

    String history = cluster("history", "--port", "0");
    JsonNode application = awaitCompleted(history);
    assertThat(application.get("name").asText()).isEqualTo("cairn: digits");
    String page = history + "/history/" + application.get("id").asText();
    String rest = history + "/api/v1/applications/" + application.get("id").asText();

    Map<String, String> properties = new TreeMap<>();
    for (JsonNode pair : JSON.readTree(get(rest + "/environment")).get("sparkProperties")) {
      properties.put(pair.get(0).asText(), pair.get(1).asText());
    }
    assertThat(properties)
        .containsEntry("spark.authenticate", "true")
        .containsEntry("spark.network.crypto.enabled", "true")
        .containsEntry("spark.kryo.registrator", "io.cairn.data.CairnKryoRegistrator")
        .containsEntry("spark.authenticate.secret", "*********(redacted)");
    assertThat(get(page + "/environment/")).contains("spark.network.crypto.enabled");

    JsonNode stages = JSON.readTree(get(rest + "/stages"));
    JsonNode training = stages.get(0);
    assertThat(training.get("description").asText()).isEqualTo("digits, attempt 1");
    assertThat(training.get("status").asText()).isEqualTo("COMPLETE");
    assertThat(training.get("numCompleteTasks").asInt()).isEqualTo(2);
    assertThat(get(page + "/stages/")).contains("digits, attempt 1");
  }

  @Test
  void aKilledExecutorEndsTheRunAndSubmittingItAgainFinishesIt() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("killed"));
    String[] settings = {"train.epochs=60"};
    try (Script submit = submit(run, settings)) {
      submit.await(run::hasUpdates, "an update");
      List<ProcessHandle> executors = executors();
      assertThat(executors).hasSize(2);
      executors.get(0).destroyForcibly();
      assertThat(submit.exitCode()).as(submit.everything()).isEqualTo(1);
      assertThat(submit.everything()).contains("training failed: rank ");
    }
    assertThat(run.state()).isEqualTo("FAILED");
    assertThat(run.status().get("reason").asText())
        .matches("rank [01] \\(executor [0-9]+ on 127.0.0.1:[0-9]+\\): executor lost: .*");
    try (Script again = submit(run, settings)) {
      assertThat(again.exitCode()).as(again.everything()).isZero();
    }
    assertThat(run.state()).isEqualTo("SUCCEEDED");
    assertThat(run.updates()).hasSize(720).doesNotHaveDuplicates().isSorted();
  }

  @Test
  void whoeverDoesNotKnowTheSecretIsTurnedAway() throws Exception {
    URI master = URI.create(conf("spark.master"));
    TransportConf plain = new TransportConf("rpc", new MapConfigProvider(Map.of()));
    try (var context = new TransportContext(plain, new NoOpRpcHandler());
        var factory = context.createClientFactory();
        var client = factory.createClient(master.getHost(), master.getPort())) {
      ByteBuffer question = ByteBuffer.wrap("who are you".getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(() -> client.sendRpcSync(question, ANSWER_MS))
          .hasStackTraceContaining("Unknown challenge message");
    }
  }

  @Test
  void theSecretIsTheOwnersAlone() throws Exception {
    for (String file : List.of("cluster.conf", "conf/spark-defaults.conf")) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(file))))
          .as(file)
          .isEqualTo("rw-------");
    }
    String secret = conf("spark.authenticate.secret");
    assertThat(secret).hasSize(64);
    for (ProcessHandle daemon : daemons("")) {
      assertThat(daemon.info().arguments().orElseThrow()).noneMatch(word -> word.contains(secret));
    }
  }

  @Test
  void wrongSettingsEndWithTwoBeforeAnythingRuns() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("wrong"));
    try (Script submit = submit(run, "batch.effective=7")) {
      assertThat(submit.exitCode()).as(submit.everything()).isEqualTo(2);
      assertThat(submit.everything()).contains("batch.effective");
    }
    assertThat(run.path()).doesNotExist();
  }

  private static Script submit(RunFolder run, String... settings) throws IOException {
    List<String> command =
        new ArrayList<>(List.of("deploy/standalone/submit", "--cluster", folder.toString()));
    command.addAll(List.of("--cpu", "--conf", "spark.driver.memory=1g"));
    command.addAll(List.of("train", "conf/quickstart.conf", "--set", "output=" + run.path()));
    for (String setting : settings) {
      command.addAll(List.of("--set", setting));
    }
    return Script.start(temp, Map.of("SPARK_HOME", sparkHome), command.toArray(String[]::new));
  }

  private static String cluster(String action, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("deploy/standalone/cluster", action, folder.toString()));
    command.addAll(List.of(options));
    return Script.run(temp, Map.of("SPARK_HOME", sparkHome), command.toArray(String[]::new));
  }

  private static String conf(String key) throws IOException {
    for (String line : Files.readAllLines(folder.resolve("cluster.conf"))) {
      if (line.startsWith(key + " ")) {
        return line.substring(key.length()).strip();
      }
    }
    throw new AssertionError(key + " is not in cluster.conf");
  }

  private static List<ProcessHandle> daemons(String name) throws IOException {
    List<ProcessHandle> daemons = new ArrayList<>();
    try (var pids = Files.newDirectoryStream(folder.resolve("pids"), "*" + name + "*.pid")) {
      for (Path pid : pids) {
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).ifPresent(daemons::add);
      }
    }
    return daemons;
  }

  private static List<ProcessHandle> executors() throws IOException {
    return daemons("Worker").stream().flatMap(ProcessHandle::children).toList();
  }

  /** Waits until the history server has read the log of a run that is over. */
  private static JsonNode awaitCompleted(String history) throws Exception {
    for (int i = 0; i < 300; i++) {
      JsonNode found = JSON.readTree(get(history + "/api/v1/applications?status=completed"));
      if (!found.isEmpty()) {
        return found.get(0);
      }
      Thread.sleep(200);
    }
    throw new AssertionError("the history server does not show the run");
  }

  private static String get(String address) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build()
            .send(
                HttpRequest.newBuilder(URI.create(address)).build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(address).isEqualTo(200);
    return answer.body();
  }
}

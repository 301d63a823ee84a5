/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  /** What README.md tells its readers to type, once there are a jar and a Spark. */
  private static final String[] TYPED = {
    "deploy/standalone/cluster", "deploy/standalone/submit --cluster", "cat ~/digits/STATUS.json"
  };

  private static final Pattern APPLICATION = Pattern.compile("app-[0-9]+-[0-9]+");
  private static final Duration LIMIT = Duration.ofMinutes(2);
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
  @Tag("soak")
  void aFinishedRunIsShownByTheHistoryServerWithItsSettings() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("finished"));
    try (Script submit = submit(run, "train.epochs=8")) {
      assertThat(submit.exitCode()).as(submit.everything()).isZero();
      assertThat(submit.output()).contains("epoch 8/8, update 96/96", "model: ");
    }
    assertThat(run.state()).isEqualTo("SUCCEEDED");
    run.requireUpdates(96);
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
    assertThat(get(page + "/cairn/page/?number=0")).contains("\"state\":\"SUCCEEDED\"", "accuracy");
  }

  @Test
  void theReadmesCommandsWorkInTheirOrder() throws Exception {
    Map<String, String> reader = Map.of("SPARK_HOME", sparkHome, "HOME", temp.toString());
    StringBuilder typed = new StringBuilder("set -e\n");
    ReadmeCommands.of("deploy/standalone/README.md")
        .beginning(TYPED)
        .forEach(command -> typed.append(command).append('\n'));
    try (Script shell = Script.start(temp, reader, "/bin/bash", "-c", typed.toString())) {
      assertThat(shell.exitCode()).as(shell.everything()).isZero();
      assertThat(shell.output())
          .containsSubsequence(
              "2 workers of 1 cores and 1g",
              "model: " + temp.resolve("digits/model.zip"),
              "\"SUCCEEDED\"",
              "http://");
    }
    assertThat(temp.resolve("cairn-cluster/cluster.conf")).doesNotExist();
  }

  @Test
  void aRunGoesOnWhenAnExecutorIsKilledAndAgainWhenItsDriverIs() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("killed"));
    String[] settings = {"train.epochs=150", "checkpoint.every-updates=20"};
    try (Script submit = submit(run, settings)) {
      submit.await(() -> run.isAt(1, 50), "update 50");
      List<ProcessHandle> executors = executors(submit);
      assertThat(executors).hasSize(2);
      executors.get(0).destroyForcibly();
      submit.await(() -> run.isAt(2, 200), "update 200 in another attempt");
      submit.kill();
    }
    assertThat(run.state()).isEqualTo("RUNNING");
    try (Script again = submit(run, settings)) {
      assertThat(again.exitCode()).as(again.everything()).isZero();
    }
    assertThat(run.state()).isEqualTo("SUCCEEDED");
    run.requireUpdates(1800);
    assertThat(run.attempts()).hasSize(3);
    assertThat(run.attempts().get(0).get("cause").asText())
        .matches("rank [01] \\(executor [0-9]+ on 127.0.0.1(:[0-9]+)?\\): executor lost: .*");
    assertThat(run.attempts().get(1).get("fromUpdate").asLong()).isGreaterThanOrEqualTo(20);
    assertThat(run.attempts().get(2).get("fromUpdate").asLong()).isGreaterThanOrEqualTo(180);
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

  private static List<ProcessHandle> executors(Script submit) throws IOException {
    Matcher application = APPLICATION.matcher(submit.everything());
    assertThat(application.find()).as(submit.everything()).isTrue();
    return ExecutorProcesses.of(
        application.group(), daemons("Worker").stream().flatMap(ProcessHandle::descendants));
  }

  /** Waits until the history server has read the log of a run that is over. */
  private static JsonNode awaitCompleted(String history) {
    String completed = history + "/api/v1/applications?status=completed";
    return await()
        .atMost(LIMIT)
        .until(() -> JSON.readTree(get(completed)), found -> !found.isEmpty())
        .get(0);
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

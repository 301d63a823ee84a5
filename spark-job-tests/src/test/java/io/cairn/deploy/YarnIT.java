/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code deploy/yarn} on a real YARN, whose nodes have GPUs that a stand-in for nvidia-smi shows.
 * The jar computes on the CPU, which ND4J's own variable tells it to do in spite of them.
 */
@Tag("heavy")
class YarnIT {

  private static final Pattern APPLICATION = Pattern.compile("application_[0-9]+_[0-9]+");
  private static final Pattern IDLE_GPU = Pattern.compile("ComputeDevice: GPU (\\S+) is assigned");
  private static final String ARRAYS = "-Dorg.bytedeco.javacpp.maxbytes=1g";
  private static final String MAPPED = "-Dorg.bytedeco.javacpp.maxphysicalbytes=0";

  @TempDir static Path temp;

  private static YarnProcess yarn;
  private static String sparkHome;

  @BeforeAll
  static void startYarn() throws Exception {
    sparkHome = SparkDistribution.home(temp);
    Path smi = Files.createDirectory(temp.resolve("bin")).resolve("nvidia-smi");
    Files.writeString(smi, "#!/bin/sh\nprintf '0, GPU-aa11\\n1, GPU-bb22\\n'\n");
    Files.setPosixFilePermissions(smi, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createDirectory(temp.resolve("history"));
    yarn = YarnProcess.start(temp.resolve("yarn"));
  }

  @AfterAll
  static void stopYarn() throws Exception {
    if (yarn != null) {
      yarn.close();
    }
  }

  @Test
  void clusterModeTrainsInContainersEachOnAGpuOfItsOwn() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("finished"));
    try (Script submit = submit(run, "cluster", "train.epochs=5")) {
      assertThat(submit.exitCode()).as(submit.everything()).isZero();
      String application = application(submit);
      ApplicationReport report = yarn.report(application);
      assertThat(report.getFinalApplicationStatus()).isEqualTo(FinalApplicationStatus.SUCCEEDED);
      assertThat(report.getQueue()).endsWith(MiniYarn.QUEUE);
      assertThat(report.getApplicationResourceUsageReport().getResourceSecondsMap())
          .as("seconds that GPUs were held")
          .hasEntrySatisfying("yarn.io/gpu", seconds -> assertThat(seconds).isPositive());
      assertThat(gpus(application)).containsExactlyInAnyOrder("0:GPU-aa11", "1:GPU-bb22");
      assertThat(yarn.logs(application, "stdout"))
          .anyMatch(log -> log.contains("epoch 5/5, update 60/60") && log.contains("model: "));
    }
    assertThat(run.state()).isEqualTo("SUCCEEDED");
    assertThat(run.status().get("exitCode").asInt()).isZero();
    run.requireUpdates(60);
    assertThat(run.path().resolve("model.zip")).isNotEmptyFile();
  }

  @Test
  void aRunGoesOnInAnotherContainerWhenOneIsKilled() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("killed"));
    try (Script submit = submit(run, "cluster", "train.epochs=60", "checkpoint.every-updates=20")) {
      submit.await(() -> run.isAt(1, 50), "update 50");
      List<ProcessHandle> executors = yarn.executors(application(submit));
      assertThat(executors).hasSize(2);
      executors.get(0).destroyForcibly();
      assertThat(submit.exitCode()).as(submit.everything()).isZero();
      String application = application(submit);
      assertThat(yarn.drivers(application)).isEqualTo(1);
      assertThat(gpus(application))
          .as("the GPU of the killed container is given to another one")
          .hasSizeBetween(3, 4)
          .containsOnly("0:GPU-aa11", "1:GPU-bb22");
    }
    assertThat(run.state()).isEqualTo("SUCCEEDED");
    assertThat(run.status().get("exitCode").asInt()).isZero();
    assertThat(run.attempts()).hasSize(2);
    assertThat(run.attempts().get(0).get("cause").asText())
        .matches("(?s)rank [01] \\(executor [12] on \\S+\\): executor lost: .*");
    assertThat(run.attempts().get(1).get("fromUpdate").asLong()).isGreaterThanOrEqualTo(20);
    run.requireUpdates(720);
  }

  @Test
  @Tag("soak")
  void clientModeTrainsWithTheDriverHereAndEndsWithItsExitCode() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("client"));
    try (Script submit = submit(run, "client", "train.epochs=2")) {
      assertThat(submit.exitCode()).as(submit.everything()).isZero();
      assertThat(submit.output()).contains("epoch 2/2, update 24/24");
    }
    assertThat(run.state()).isEqualTo("SUCCEEDED");
    try (Script submit = submit(run, "client", "data.label=didgit", "train.epochs=3")) {
      assertThat(submit.exitCode()).as(submit.everything()).isEqualTo(2);
    }
  }

  @Test
  @Tag("soak")
  void wrongDataInClusterModeTellsYarnItsExitCode() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("wrong"));
    try (Script submit = submit(run, "cluster", "data.label=didgit")) {
      assertThat(submit.exitCode()).as(submit.everything()).isEqualTo(1);
      assertThat(submit.everything()).contains("User application exited with status 2");
      String application = application(submit);
      assertThat(yarn.logs(application, "stderr")).anyMatch(log -> log.contains("didgit"));
      assertThat(yarn.drivers(application)).as("no retry").isEqualTo(1);
    }
    assertThat(run.path()).doesNotExist();
  }

  @Test
  void aDriverWhoseApplicationIsGivenUpWhileItWaitsForExecutorsSaysSo() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("given-up"));
    List<String> noExecutorStarts =
        List.of(
            "--conf",
            "spark.executor.maxNumFailures=1",
            "--conf",
            "spark.executor.extraJavaOptions=-javaagent:/is/not/there.jar");
    try (Script submit = submit(run, "cluster", noExecutorStarts, "train.epochs=2")) {
      assertThat(submit.exitCode()).as(submit.everything()).isEqualTo(1);
      String application = application(submit);
      assertThat(yarn.report(application).getDiagnostics())
          .contains("Max number of executor failures (1) reached");
      assertThat(yarn.logs(application, "stderr"))
          .anyMatch(
              log ->
                  log.contains("training failed: the cluster manager ended the application while")
                      && !log.contains("cairn failed"));
    }
    assertThat(run.path()).doesNotExist();
  }

  @Test
  void aDriverWhoseApplicationIsKilledWhileItWaitsForExecutorsSaysSo() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("killed-while-waiting"));
    List<String> moreGpusThanThereAre =
        List.of("--conf", "spark.scheduler.maxRegisteredResourcesWaitingTime=10m");
    try (Script submit = submit(run, "client", moreGpusThanThereAre, "batch.workers=4")) {
      submit.await(() -> APPLICATION.matcher(submit.everything()).find(), "the application");
      submit.await(() -> yarn.executors(application(submit)).size() == 2, "two of the executors");
      yarn.kill(application(submit));
      assertThat(submit.exitCode()).as(submit.everything()).isEqualTo(1);
      assertThat(submit.everything())
          .contains("training failed: the cluster manager ended the application while")
          .doesNotContain("cairn failed");
    }
    assertThat(run.path()).doesNotExist();
  }

  @Test
  @Tag("soak")
  void aRunWhoseApplicationIsKilledSaysSoAndGoesOnWithTheNextSubmit() throws Exception {
    RunFolder run = new RunFolder(temp.resolve("killed-in-mid-run"));
    String[] settings = {"train.epochs=60", "checkpoint.every-updates=20"};
    try (Script submit = submit(run, "client", settings)) {
      submit.await(() -> run.isAt(1, 50), "update 50");
      yarn.kill(application(submit));
      // Containers are told to end first: the ranks may still save and stop before Spark is gone.
      int exitCode = submit.exitCode();
      assertThat(submit.everything()).doesNotContain("cairn failed");
      assertThat(run.status().get("exitCode").asInt()).as(submit.everything()).isEqualTo(exitCode);
      assertThat(run.state() + " " + exitCode + ", " + run.status().get("reason").asText())
          .matches(
              "FAILED 1, the cluster manager ended application .*"
                  + "|RESUMABLE 75, rank [01]'s process was told to end");
    }
    try (Script submit = submit(run, "client", settings)) {
      assertThat(submit.exitCode()).as(submit.everything()).isZero();
    }
    assertThat(run.state()).isEqualTo("SUCCEEDED");
    int attempts = run.attempts().size();
    assertThat(run.attempts().get(attempts - 1).get("fromUpdate").asLong())
        .isGreaterThanOrEqualTo(40);
    run.requireUpdates(720);
  }

  private static Script submit(RunFolder run, String mode, String... settings) throws IOException {
    return submit(run, mode, List.of(), settings);
  }

  private static Script submit(RunFolder run, String mode, List<String> options, String... settings)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("deploy/yarn/submit", "--deploy-mode", mode));
    command.addAll(List.of("--queue", MiniYarn.QUEUE));
    for (String conf :
        List.of(
            "spark.yarn.jars=local:" + sparkHome + "/jars/*",
            "spark.yarn.stagingDir=" + temp.resolve("staging").toUri(),
            "spark.eventLog.dir=" + temp.resolve("history").toUri(),
            "spark.executor.cores=1",
            "spark.task.cpus=1",
            "spark.executorEnv.OMP_NUM_THREADS=1",
            "spark.executor.memory=1g",
            "spark.executor.memoryOverhead=2g",
            "spark.executor.extraJavaOptions=" + ARRAYS + " " + MAPPED,
            "spark.driver.memory=1g",
            "spark.executorEnv.PATH=" + temp.resolve("bin") + ":" + System.getenv("PATH"),
            "spark.executorEnv.CAIRN_GPU_CLAIMS=" + temp.resolve("claims"),
            "spark.executorEnv.BACKEND_PRIORITY_CPU=200")) {
      command.addAll(List.of("--conf", conf));
    }
    command.addAll(options);
    command.addAll(List.of("train", "conf/quickstart.conf"));
    Path conf = Script.ROOT.resolve("conf");
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("output=" + run.path().toUri());
    all.add("model.source=" + conf.resolve("models/digits-mlp.json").toUri());
    all.add("data.train.path=" + conf.resolve("data/digits.csv").toUri());
    all.forEach(setting -> command.addAll(List.of("--set", setting)));
    return Script.start(
        temp,
        Map.of("SPARK_HOME", sparkHome, "HADOOP_CONF_DIR", yarn.conf().toString()),
        command.toArray(String[]::new));
  }

  private static String application(Script submit) throws IOException {
    Matcher name = APPLICATION.matcher(submit.everything());
    assertThat(name.find()).as(submit.everything()).isTrue();
    return name.group();
  }

  /** The addresses that Spark gave the workers, as their logs tell. */
  private static List<String> gpus(String application) throws IOException {
    List<String> gpus = new ArrayList<>();
    for (String log : yarn.logs(application, "stderr")) {
      Matcher gpu = IDLE_GPU.matcher(log);
      while (gpu.find()) {
        gpus.add(gpu.group(1));
      }
    }
    return gpus;
  }
}

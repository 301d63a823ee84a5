/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("spark")
class SparkSetupTest {

  private static final String CONF =
      """
      name = digits
      model.source = "m.json"
      data { train { path = "d.csv", format = csv }, features = "p", label = "d", classes = 10 }
      batch { workers = 2, micro = 4, steps = 8 }
      train.epochs = 1
      collective.timeout = 90s
      output = "out"
      """;

  @TempDir Path temp;
  private HostEnvironment machine;

  @BeforeEach
  void assembleSparkHome() throws IOException {
    Files.createDirectories(temp.resolve("spark/jars"));
    machine =
        new HostEnvironment(
            Optional.of(temp.resolve("spark")), 8, 16L << 30, "/opt/cairn.jar", Map.of());
  }

  @Test
  void withoutMasterExecutorsAreProcessesOfThisMachine() throws IOException {
    SparkConf conf = training(Map.of(), "");
    assertThat(conf.get("spark.master")).isEqualTo("local-cluster[2,4,1024]");
    assertThat(conf.get("spark.executor.extraClassPath")).isEqualTo("/opt/cairn.jar", Map.of());
    assertThat(conf.get("spark.cores.max")).isEqualTo("8");
    assertThat(conf.get("spark.task.cpus")).isEqualTo("4");
    assertThat(conf.get("spark.executorEnv.OMP_NUM_THREADS")).isEqualTo("1");
    assertThat(conf.get("spark.executorEnv.OMP_WAIT_POLICY")).isEqualTo("passive");
    assertThat(conf.get("spark.ui.enabled")).isEqualTo("false");
    assertThat(conf.get("spark.authenticate")).isEqualTo("true");
    assertThat(conf.get("spark.authenticate.secret")).hasSize(64);
    assertThat(conf.get("spark.executor.extraJavaOptions"))
        .contains("-Dorg.bytedeco.javacpp.maxbytes=6144m", "helpers.disable=false");
  }

  @Test
  void executorsOfThisMachineStartWhileTheDriverReads() throws IOException {
    SparkConf conf = training(Map.of("spark.plugins", "own.Plugin"), "");
    assertThat(conf.get("spark.scheduler.minRegisteredResourcesRatio")).isEqualTo("0");
    assertThat(conf.get("spark.default.parallelism")).isEqualTo("8");
    assertThat(conf.get("spark.plugins"))
        .isEqualTo("own.Plugin," + HeadStartPlugin.class.getName());
    assertThat(conf.get("spark.executor.extraJavaOptions")).doesNotContain("SharedArchiveFile");
  }

  @Test
  void executorsOfThisMachineTakeARecordedStartUnlessTheOperatorHasOne() throws IOException {
    Path archive = Path.of("/a folder/executor.jsa");
    machine =
        new HostEnvironment(machine.sparkHome(), 8, 16L << 30, "c", Map.of(), Optional.of(archive));
    String options = "spark.executor.extraJavaOptions";
    assertThat(training(Map.of(), "").get(options))
        .contains("-XX:SharedArchiveFile=\"/a folder/executor.jsa\"");
    assertThat(training(Map.of(options, "-XX:SharedArchiveFile=own.jsa"), "").get(options))
        .doesNotContain("executor.jsa");
    assertThat(training(Map.of("spark.master", "yarn"), "").get(options))
        .doesNotContain("SharedArchiveFile");
  }

  @Test
  void everyMasterGetsBarrierSettingsThatWork() throws IOException {
    SparkConf conf = training(Map.of("spark.master", "yarn"), "");
    assertThat(conf.get("spark.scheduler.minRegisteredResourcesRatio")).isEqualTo("1.0");
    assertThat(conf.get("spark.scheduler.barrier.maxConcurrentTasksCheck.interval"))
        .isEqualTo("1s");
    assertThat(conf.get("spark.barrier.sync.timeout")).isEqualTo("450s");
    assertThat(conf.get("spark.locality.wait")).isEqualTo("0s");
    assertThat(conf.get("spark.kryo.registrator")).isEqualTo("io.cairn.data.CairnKryoRegistrator");
    assertThat(conf.contains("spark.kryo.registrationRequired")).isFalse();
    assertThat(conf.get("spark.executor.instances")).isEqualTo("2");
    assertThat(conf.get("spark.app.name")).isEqualTo("cairn: digits");
  }

  @Test
  void submittedValuesWinOverSettingsAndSettingsOverDefaults() throws IOException {
    SparkConf conf =
        training(
            Map.of("spark.master", "yarn", "spark.executor.memory", "3g"),
            "spark { \"spark.executor.memory\" = 2g, \"spark.ui.enabled\" = true }");
    assertThat(conf.get("spark.executor.memory")).isEqualTo("3g");
    assertThat(conf.get("spark.ui.enabled")).isEqualTo("true");
  }

  @Test
  void executorsCollectGarbageForThroughputUnlessTheOperatorChoseACollector() throws IOException {
    SparkConf conf = training(Map.of("spark.master", "yarn", "spark.executor.memory", "3g"), "");
    assertThat(conf.get("spark.executor.extraJavaOptions"))
        .contains("-XX:+UseParallelGC", "-Xms3072m", "-XX:NewRatio=1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark.executor.defaultJavaOptions",
        "spark.executor.extraJavaOptions",
        "spark.executorEnv.JDK_JAVA_OPTIONS",
        "spark.executorEnv.JAVA_TOOL_OPTIONS",
      })
  void collectorIsTheOperatorsWhereverHeChoosesIt(String key) throws IOException {
    Map<String, String> given = Map.of("spark.master", "yarn", key, "-Da=b -XX:+UseG1GC");
    assertThat(training(given, "").get("spark.executor.extraJavaOptions"))
        .doesNotContain("ParallelGC", "NewRatio", "-Xms")
        .contains("helpers.disable=false");
    assertThat(SparkSetup.notes(submitted(given), settings(""), machine))
        .containsExactly(
            "executors collect garbage with -XX:+UseG1GC, as %s says; else Cairn chooses the"
                    .formatted(key)
                + " parallel one (docs/decisions/0005)");
  }

  @Test
  void executorsOfThisMachineInheritACollectorAndThoseOfAClusterDoNot() throws IOException {
    machine =
        new HostEnvironment(
            machine.sparkHome(), 8, 16L << 30, "c", Map.of("JDK_JAVA_OPTIONS", "-XX:+UseZGC"));
    assertThat(training(Map.of(), "").get("spark.executor.extraJavaOptions"))
        .doesNotContain("ParallelGC");
    assertThat(SparkSetup.notes(submitted(Map.of()), settings(""), machine))
        .singleElement()
        .asString()
        .startsWith("executors collect garbage with -XX:+UseZGC, as the environment's JDK_JAVA");
    assertThat(training(Map.of("spark.master", "yarn"), "").get("spark.executor.extraJavaOptions"))
        .contains("-XX:+UseParallelGC");
  }

  @Test
  void twoCollectorsAreRefusedBecauseNoExecutorStartsWithThem() {
    assertThatThrownBy(
            () ->
                training(
                    Map.of(
                        "spark.master", "yarn",
                        "spark.executor.defaultJavaOptions", "-XX:+UseG1GC",
                        "spark.executor.extraJavaOptions", "-XX:+UseZGC"),
                    ""))
        .isInstanceOf(LaunchException.class)
        .hasMessage(
            "spark.executor.defaultJavaOptions chooses -XX:+UseG1GC, and"
                + " spark.executor.extraJavaOptions -XX:+UseZGC: no executor starts with two"
                + " collectors; take one out");
  }

  @Test
  void whatSparkWouldRefuseAtItsStartIsRefusedByTrainAndPlan() {
    Map<String, String> given = Map.of("spark.master", "yarn", "spark.memory.fraction", "3");
    String refusal = "Spark refuses its settings: spark.memory.fraction should be between 0 and 1";
    assertThatThrownBy(() -> training(given, ""))
        .isInstanceOf(LaunchException.class)
        .hasMessageStartingWith(refusal);
    assertThatThrownBy(() -> SparkSetup.forPlanning(submitted(given), settings(""), 2, machine))
        .isInstanceOf(LaunchException.class)
        .hasMessageStartingWith(refusal);
  }

  @Test
  void foldersAreListedInAFewTasksACore() throws IOException {
    String key = "spark.sql.sources.parallelPartitionDiscovery.parallelism";
    assertThat(training(Map.of(), "").get(key)).isEqualTo("64");
    assertThat(training(Map.of(key, "9"), "").get(key)).isEqualTo("9");
    assertThat(SparkSetup.forPlanning(submitted(Map.of()), settings(""), 2, machine).get(key))
        .isEqualTo("64");
  }

  @Test
  void optionsFromAFileMayChooseACollectorSoCairnDoesNot() throws IOException {
    Map<String, String> given =
        Map.of("spark.master", "yarn", "spark.executor.extraJavaOptions", "@/etc/java.options");
    assertThat(training(given, "").get("spark.executor.extraJavaOptions"))
        .doesNotContain("ParallelGC");
    assertThat(SparkSetup.notes(submitted(given), settings(""), machine))
        .singleElement()
        .asString()
        .startsWith("executors collect garbage as @/etc/java.options of spark.executor.extraJava");
  }

  @Test
  void whatTheDefaultOptionsDecideIsNotOverruled() throws IOException {
    String options =
        training(
                Map.of(
                    "spark.master",
                    "yarn",
                    "spark.executor.defaultJavaOptions",
                    "-XX:MaxDirectMemorySize=9g -XX:+UseAdaptiveSizePolicy"
                        + " -XX:-UseMaximumCompactionOnSystemGC"),
                "")
            .get("spark.executor.extraJavaOptions");
    assertThat(options)
        .contains("-XX:+UseParallelGC")
        .doesNotContain("MaxDirectMemorySize", "AdaptiveSizePolicy");
  }

  @Test
  void operatorsOwnOptionsAndPluginsStay() throws IOException {
    SparkConf conf =
        training(
            Map.of(
                "spark.master", "yarn",
                "spark.plugins", "com.example.Theirs",
                "spark.executor.extraJavaOptions",
                    "-XX:+UseZGC -XX:MaxDirectMemorySize=9g"
                        + " -Dorg.eclipse.deeplearning4j.helpers.disable=true"),
            "");
    assertThat(conf.get("spark.plugins")).isEqualTo("com.example.Theirs");
    assertThat(conf.get("spark.executor.extraJavaOptions"))
        .isEqualTo(
            "-XX:+UseZGC -XX:MaxDirectMemorySize=9g"
                + " -Dorg.eclipse.deeplearning4j.helpers.disable=true");
  }

  @Test
  void whatASupervisorNeedsOfSparkIsOnUnlessTheOperatorSaysOtherwise() throws IOException {
    SparkConf conf = training(Map.of("spark.master", "yarn"), "");
    assertThat(conf.get("spark.decommission.enabled")).isEqualTo("true");
    assertThat(conf.get("spark.excludeOnFailure.enabled")).isEqualTo("true");
    // Spark gives up after twice as many lost executors as there are workers.
    assertThat(conf.getInt("spark.executor.maxNumFailures", 4)).isGreaterThan(1000);
    SparkConf single = training(Map.of("spark.master", "yarn", "spark.task.maxFailures", "1"), "");
    assertThat(single.contains("spark.excludeOnFailure.enabled")).isFalse();
  }

  @Test
  void gpuOfAnExecutorIsItsTasks() throws IOException {
    SparkConf conf =
        training(Map.of("spark.master", "yarn", "spark.executor.resource.gpu.amount", "1"), "");
    assertThat(conf.get("spark.task.resource.gpu.amount")).isEqualTo("1");
  }

  @Test
  void ranksInOneProcessAreRefusedWithWhatWouldFit() {
    assertThatThrownBy(() -> training(Map.of("spark.master", "local[4]"), ""))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("spark.master = local[4]: all ranks would share one process")
        .hasMessageContaining("local-cluster[2,1,1024]");
  }

  @Test
  void allThatDoesNotFitIsReportedTogether() {
    assertThatThrownBy(
            () ->
                training(
                    Map.of(
                        "spark.master", "yarn",
                        "spark.dynamicAllocation.enabled", "true",
                        "spark.executor.cores", "4",
                        "spark.task.cpus", "1",
                        "spark.executor.instances", "1"),
                    ""))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("spark.dynamicAllocation.enabled = true: a barrier job needs")
        .hasMessageContaining("spark.task.cpus = 1: one rank fills one executor, so it must be 4")
        .hasMessageContaining("batch.workers = 2, but spark.executor.instances gives 1 executors");
  }

  @Test
  void moreThreadsThanAnExecutorHasCoresForAreRefused() throws IOException {
    Map<String, String> teams =
        Map.of(
            "spark.master", "yarn",
            "spark.executor.cores", "8",
            "spark.executorEnv.OMP_NUM_THREADS", "4");
    training(teams, "compute.threads = 2");
    assertThatThrownBy(() -> training(teams, "compute.threads = 8"))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("compute.threads = 8, but a worker has 2 cores for them");
    Map<String, String> gpu =
        Map.of("spark.master", "yarn", "spark.executor.resource.gpu.amount", "1");
    training(gpu, "compute.threads = 1");
    assertThatThrownBy(() -> training(gpu, "compute.threads = 2"))
        .hasMessageContaining("a worker with a GPU computes one micro-batch at a time");
  }

  @Test
  void standaloneClusterNeedsToKnowTheCoresOfAnExecutor() {
    assertThatThrownBy(() -> training(Map.of("spark.master", "spark://host:7077"), ""))
        .isInstanceOf(LaunchException.class)
        .hasMessageStartingWith("spark.executor.cores is not set");
  }

  @Test
  void missingSparkHomeIsExplained() {
    machine = new HostEnvironment(Optional.empty(), 8, 16L << 30, "/opt/cairn.jar", Map.of());
    assertThatThrownBy(() -> training(Map.of(), ""))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("SPARK_HOME is not set")
        .hasMessageContaining("deploy/local/cairn does that");
    machine = new HostEnvironment(Optional.of(temp), 8, 16L << 30, "/opt/cairn.jar", Map.of());
    assertThatThrownBy(() -> training(Map.of(), "")).hasMessageContaining("has no jars/");
  }

  @Test
  void clusterSaysHowManyWorkersItGives() throws IOException {
    assertThat(workers(Map.of())).isEmpty();
    assertThat(workers(Map.of("spark.master", "local-cluster[3,1,512]"))).hasValue(3);
    assertThat(workers(Map.of("spark.master", "yarn", "spark.executor.instances", "4")))
        .hasValue(4);
    assertThat(
            workers(
                Map.of(
                    "spark.master", "spark://h:7077",
                    "spark.cores.max", "12",
                    "spark.executor.cores", "4")))
        .hasValue(3);
  }

  @Test
  void planningNeedsNoCluster() throws IOException {
    assertThat(planning(Map.of("spark.master", "yarn")).get("spark.master")).isEqualTo("local[*]");
    machine = new HostEnvironment(Optional.empty(), 8, 16L << 30, "/opt/cairn.jar", Map.of());
    assertThat(planning(Map.of()).get("spark.master")).isEqualTo("local[*]");
  }

  @ParameterizedTest
  @CsvSource({
    "spark.dynamicAllocation.enabled, true",
    "spark.task.cpus, 7",
    "spark.executor.instances, 1",
    "spark.master, spark://host:7077",
    "spark.master, 'local-cluster[1,1,512]'",
    "spark.master, 'local[4]'",
    "spark.executor.defaultJavaOptions, -XX:+UseG1GC -XX:+UseZGC",
  })
  void planningRefusesWhatTrainingWould(String key, String value) {
    Map<String, String> given = new HashMap<>(Map.of("spark.master", "yarn"));
    given.put(key, value);
    Throwable training = catchThrowable(() -> training(given, ""));
    assertThat(training).isInstanceOf(LaunchException.class);
    assertThatThrownBy(() -> planning(given))
        .isInstanceOf(LaunchException.class)
        .hasMessage(training.getMessage());
  }

  /** Who plans by spark-submit need not name the cluster yet; one in the settings counts. */
  @Test
  void masterThatNobodyNamedIsNoMasterToPlanFor() throws IOException {
    assertThat(planning(Map.of("spark.master", "local[*]")).get("spark.master"))
        .isEqualTo("local[*]");
    assertThatThrownBy(
            () ->
                SparkSetup.forPlanning(
                    submitted(Map.of()),
                    settings("spark { \"spark.master\" = \"local[*]\" }"),
                    2,
                    machine))
        .hasMessageStartingWith("spark.master = local[*]: all ranks would share one process");
  }

  @Test
  void hadoopSettingsLoseTheirPrefix() {
    SparkConf conf = submitted(Map.of("spark.hadoop.fs.s3a.endpoint", "http://store"));
    assertThat(SparkSettings.hadoop(conf))
        .containsExactly(Map.entry("fs.s3a.endpoint", "http://store"));
  }

  private SparkConf training(Map<String, String> submitted, String more) throws IOException {
    return SparkSetup.forTraining(submitted(submitted), settings(more), 2, machine);
  }

  private SparkConf planning(Map<String, String> submitted) throws IOException {
    return SparkSetup.forPlanning(submitted(submitted), settings(""), 2, machine);
  }

  private OptionalInt workers(Map<String, String> submitted) throws IOException {
    return SparkSettings.clusterWorkers(submitted(submitted), settings(""));
  }

  private static SparkConf submitted(Map<String, String> values) {
    SparkConf conf = new SparkConf(false);
    values.forEach(conf::set);
    return conf;
  }

  private Settings settings(String more) throws IOException {
    Path file = temp.resolve("run.conf");
    Files.writeString(file, CONF + more);
    return SettingsReader.read(file, List.of());
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.cairn.launch.HostEnvironment;
import io.cairn.launch.SparkSettings;
import io.cairn.launch.SparkSetup;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.network.util.JavaUtils;
import org.apache.spark.network.util.MapConfigProvider;
import org.apache.spark.network.util.TransportConf;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.config.DL4JSystemProperties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code conf/spark-defaults-*.conf} against Spark's own registry and Cairn's own demands. */
class SparkDefaultsTest {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));

  private static final String NATIVE_THREADS = "spark.executorEnv.OMP_NUM_THREADS";

  /** Follows from the run's own settings, or from other keys. */
  private static final Set<String> WORKED_OUT =
      Set.of(
          "spark.app.name",
          "spark.barrier.sync.timeout",
          "spark.cores.max",
          "spark.executor.instances",
          NATIVE_THREADS,
          "spark.sql.sources.parallelPartitionDiscovery.parallelism");

  /** The supervisor's own means to leave a host out. */
  private static final String OF_THE_SUPERVISOR = "spark.excludeOnFailure.";

  private static final Set<String> OPTIONS =
      Set.of("spark.executor.extraJavaOptions", "spark.driver.extraJavaOptions");

  /** What a cluster needs said that neither Spark nor Cairn would say by itself. */
  private static final List<String> REQUIRED =
      List.of(
          "spark.submit.deployMode",
          "spark.executor.cores",
          "spark.executor.memory",
          "spark.executor.memoryOverhead",
          "spark.executor.extraJavaOptions",
          "spark.executorEnv.CUDA_DEVICE_ORDER",
          "spark.executor.resource.gpu.amount",
          "spark.task.resource.gpu.amount",
          "spark.driver.memory",
          "spark.driver.extraJavaOptions",
          "spark.dynamicAllocation.enabled",
          "spark.scheduler.maxRegisteredResourcesWaitingTime",
          "spark.authenticate",
          "spark.network.crypto.enabled",
          "spark.network.crypto.cipher",
          "spark.network.crypto.saslFallback",
          "spark.eventLog.enabled",
          "spark.eventLog.dir");

  /** Read by the schedulers of YARN and Kubernetes only. */
  private static final String LOST_EXECUTORS = "spark.executor.maxNumFailures";

  private static final Map<String, List<String>> REQUIRED_BY_TARGET =
      Map.of(
          "yarn",
          List.of(
              "spark.executor.resource.gpu.discoveryScript",
              "spark.driver.memoryOverhead",
              LOST_EXECUTORS,
              "spark.yarn.maxAppAttempts"),
          "standalone",
          List.of("spark.executor.cores"),
          "kubernetes",
          List.of(
              "spark.executor.resource.gpu.discoveryScript",
              "spark.executor.resource.gpu.vendor",
              "spark.driver.memoryOverhead",
              LOST_EXECUTORS,
              "spark.kubernetes.namespace",
              "spark.kubernetes.container.image",
              "spark.kubernetes.authenticate.driver.serviceAccountName"));

  private static final Map<String, String> MASTERS =
      Map.of(
          "yarn", "yarn",
          "standalone", "spark://host:7077",
          "kubernetes", "k8s://https://host:6443");

  /** A line that a reader is meant to bring to life. */
  private static final Pattern COMMENTED_OUT =
      Pattern.compile("^# (spark\\.[A-Za-z0-9._-]+) {2,}(\\S.*)$", Pattern.MULTILINE);

  private static final Pattern DEFINITION = Pattern.compile("-D([^=]+)=(\\S+)");

  /**
   * The settings of one cluster manager.
   *
   * @param target as in the file's name
   * @param settings what the file says
   * @param keys the keys of its lines, in their order
   * @param commentedOut the keys that it only proposes
   */
  record Defaults(
      String target, Map<String, String> settings, List<String> keys, List<String> commentedOut) {

    static Defaults read(Path file) throws IOException {
      Properties properties = new Properties();
      try (Reader in = Files.newBufferedReader(file)) {
        properties.load(in);
      }
      Map<String, String> settings = new TreeMap<>();
      properties.forEach((key, value) -> settings.put((String) key, ((String) value).strip()));
      List<String> proposed = new ArrayList<>();
      Matcher line = COMMENTED_OUT.matcher(Files.readString(file));
      while (line.find()) {
        proposed.add(line.group(1));
      }
      String name = file.getFileName().toString();
      return new Defaults(
          name.substring("spark-defaults-".length(), name.length() - ".conf".length()),
          settings,
          Files.readAllLines(file).stream()
              .filter(text -> text.startsWith("spark."))
              .map(text -> text.split("[ =]", 2)[0])
              .toList(),
          proposed);
    }

    SparkConf asSubmitted() {
      SparkConf conf = new SparkConf(false).set("spark.master", MASTERS.get(target));
      settings.forEach(conf::set);
      return conf;
    }

    @Override
    public String toString() {
      return target;
    }
  }

  static Stream<Defaults> shipped() throws IOException {
    List<Defaults> all = new ArrayList<>();
    try (var files = Files.newDirectoryStream(ROOT.resolve("conf"), "spark-defaults-*.conf")) {
      for (Path file : files) {
        all.add(Defaults.read(file));
      }
    }
    assertThat(all).extracting(Defaults::target).contains("yarn", "standalone");
    return all.stream();
  }

  @Test
  void misspeltKeysAreNoneOfSparks() {
    assertThat(SparkKeys.knows("spark.executor.memoryOverhead")).isTrue();
    assertThat(SparkKeys.knows("spark.executor.memoryOverHead")).isFalse();
    assertThat(SparkKeys.knows("spark.network.crypto.cipher")).isTrue();
    assertThat(SparkKeys.knows("spark.network.crypto.ciphers")).isFalse();
    assertThat(SparkKeys.knows("spark.executor.resource.gpu.discoveryscript")).isFalse();
    assertThat(SparkKeys.knows("spark.yarn.maxAppAttempts")).isTrue();
    assertThat(SparkKeys.knows("spark.kubernetes.namespaces")).isFalse();
    assertThat(SparkKeys.complaint("spark.task.cpus", Map.of("spark.task.cpus", "four")))
        .isPresent();
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void everyKeyIsOneThatSparkReads(Defaults defaults) {
    assertThat(defaults.keys())
        .as("of two lines with one key the first would be overlooked")
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(defaults.settings().keySet())
        .allMatch(key -> SparkKeys.knows(key) || isCairns(key));
    assertThat(defaults.commentedOut()).allMatch(SparkKeys::knows);
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void everyValueIsOneThatSparkTakes(Defaults defaults) {
    Map<String, String> settings = defaults.settings();
    for (String key : settings.keySet()) {
      assertThat(isCairns(key) ? Optional.empty() : SparkKeys.complaint(key, settings))
          .as(key)
          .isEmpty();
    }
    assertThatCode(defaults.asSubmitted()::validateSettings).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void nothingThatTheTargetNeedsIsMissing(Defaults defaults) {
    assertThat(defaults.settings())
        .containsKeys(REQUIRED.toArray(String[]::new))
        .containsKeys(REQUIRED_BY_TARGET.get(defaults.target()).toArray(String[]::new));
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void cairnTakesThemAsTheyAre(Defaults defaults) {
    SparkConf used = training(defaults.asSubmitted());
    defaults
        .settings()
        .forEach(
            (key, value) -> {
              if (OPTIONS.contains(key)) {
                assertThat(used.get(key)).as(key).startsWith(value);
              } else {
                assertThat(used.get(key)).as(key).isEqualTo(value);
              }
            });
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void whatCairnSetsByItselfIsWrittenDown(Defaults defaults) {
    SparkConf least = new SparkConf(false).set("spark.master", MASTERS.get(defaults.target()));
    for (String size :
        List.of(
            "spark.executor.cores",
            "spark.executor.memory",
            "spark.executor.resource.gpu.amount")) {
      least.set(size, defaults.settings().get(size));
    }
    for (var entry : training(least).getAll()) {
      String key = entry._1();
      if (key.equals("spark.master")
          || WORKED_OUT.contains(key)
          || OPTIONS.contains(key)
          || key.startsWith(OF_THE_SUPERVISOR)
          || (key.equals(LOST_EXECUTORS) && defaults.target().equals("standalone"))) {
        continue;
      }
      assertThat(defaults.settings()).containsEntry(key, entry._2());
    }
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void howManyExecutorsIsTheRunsToSay(Defaults defaults) {
    assertThat(defaults.settings()).doesNotContainKeys("spark.executor.instances");
    assertThat(training(defaults.asSubmitted()).getAll())
        .extracting(entry -> entry._1())
        .containsAnyOf("spark.executor.instances", "spark.cores.max");
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void nativeThreadsAreLeftToTheCoresAndGpusOfTheExecutors(Defaults defaults) {
    SparkConf withGpus = new SparkConf(false).set("spark.master", MASTERS.get(defaults.target()));
    defaults.settings().forEach(withGpus::set);
    SparkConf without = withGpus.clone();
    defaults.settings().keySet().stream()
        .filter(key -> key.contains(".resource.gpu."))
        .forEach(without::remove);
    assertThat(training(withGpus).get(NATIVE_THREADS))
        .isEqualTo(defaults.settings().get("spark.executor.cores"));
    assertThat(training(without).get(NATIVE_THREADS)).isEqualTo("1");
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void everyClassThatIsNamedExists(Defaults defaults) {
    for (String key : List.of("spark.serializer", "spark.kryo.registrator")) {
      for (String name : defaults.settings().get(key).split(",")) {
        assertThatCode(() -> Class.forName(name)).as(key).doesNotThrowAnyException();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void everyJavaPropertyIsOneThatSomebodyReads(Defaults defaults) {
    for (String key : OPTIONS) {
      String given = defaults.settings().get(key);
      assertThat(given.split(" ")).allMatch(option -> DEFINITION.matcher(option).matches());
      Matcher definition = DEFINITION.matcher(given);
      while (definition.find()) {
        String name = definition.group(1);
        assertThat(
                SparkKeys.namedIn(Pointer.class, name)
                    || name.equals(DL4JSystemProperties.DISABLE_HELPER_PROPERTY)
                    || name.equals("log4j2.configurationFile"))
            .as(name)
            .isTrue();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void theOverheadHasRoomForTheArraysAndTheJvm(Defaults defaults) {
    Map<String, String> settings = defaults.settings();
    long arraysMiB = javaCppMiB(settings.get("spark.executor.extraJavaOptions"));
    assertThat(JavaUtils.byteStringAsMb(settings.get("spark.executor.memoryOverhead")))
        .isGreaterThanOrEqualTo(arraysMiB + 1024);
    long driverArraysMiB = javaCppMiB(settings.get("spark.driver.extraJavaOptions"));
    assertThat(JavaUtils.byteStringAsMb(settings.get("spark.driver.memoryOverhead")))
        .isGreaterThanOrEqualTo(driverArraysMiB + 384);
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void trafficIsAuthenticatedAndEncryptedByACipherThatWorks(Defaults defaults) {
    TransportConf network = new TransportConf("rpc", new MapConfigProvider(defaults.settings()));
    assertThat(defaults.settings()).containsEntry("spark.authenticate", "true");
    assertThat(network.encryptionEnabled()).isTrue();
    assertThat(network.saslFallback()).isFalse();
    assertThat(network.authEngineVersion()).isEqualTo(2);
    assertThat(network.cipherTransformation()).isEqualTo("AES/CTR/NoPadding");
    assertThat(defaults.settings()).doesNotContainKey("spark.authenticate.secret");
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void environmentVariablesAreOnesThatSomebodyReads(Defaults defaults) throws IOException {
    String discovery = Files.readString(ROOT.resolve("deploy/yarn/gpu-discovery.sh"));
    Stream.concat(defaults.settings().keySet().stream(), defaults.commentedOut().stream())
        .filter(key -> key.startsWith("spark.executorEnv."))
        .map(key -> key.substring("spark.executorEnv.".length()))
        .filter(name -> !name.startsWith("OMP_"))
        .forEach(name -> assertThat(discovery).contains(name));
  }

  private static long javaCppMiB(String options) {
    Matcher limit = Pattern.compile("javacpp\\.maxbytes=(\\S+)").matcher(options);
    assertThat(limit.find()).as(options).isTrue();
    return JavaUtils.byteStringAsMb(limit.group(1));
  }

  private static boolean isCairns(String key) {
    return key.startsWith(SettingsReader.SPARK_PREFIX);
  }

  /** Refuses what is in {@code spark.cairn.*} and no setting of Cairn's. */
  private static SparkConf training(SparkConf submitted) {
    Settings settings =
        SettingsReader.read(
            ROOT.resolve("conf/quickstart.conf"),
            List.of("name=digits"),
            SparkSettings.cairnsOwn(submitted),
            batch -> List.of());
    return SparkSetup.forTraining(
        submitted,
        settings,
        2,
        new HostEnvironment(Optional.empty(), 2, 8L << 30, "cairn.jar", Map.of()));
  }
}

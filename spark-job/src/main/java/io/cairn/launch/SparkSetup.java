/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.settings.Settings;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;

/**
 * Spark's configuration of a run: every rank a barrier task that fills one executor.
 *
 * <p>Four layers, the later ones win: Cairn's defaults, the {@code spark} block of the settings,
 * what spark-submit or system properties say, and the few keys on which a run's correctness rests.
 *
 * <p>Threading: one thread. Its failure is a {@link LaunchException} with all that does not fit.
 */
public final class SparkSetup {

  private static final String KRYO_REGISTRATOR = "io.cairn.data.CairnKryoRegistrator";
  private static final String PLUGINS = "spark.plugins";
  private static final String TASK_CPUS = "spark.task.cpus";

  /** What spark-submit says where nobody has named a master. */
  private static final String NOBODYS_MASTER = "local[*]";

  /** Enough for cores to end at about the same time. */
  private static final int LISTINGS_PER_CORE = 8;

  private static final Duration SHORTEST_BARRIER_TIMEOUT = Duration.ofMinutes(5);

  private final Settings settings;
  private final SparkConf conf;
  private final SparkMaster master;
  private final HostEnvironment environment;
  private final ExecutorJvm jvm;
  private final List<String> problems = new ArrayList<>();

  private SparkSetup(SparkConf submitted, Settings settings, HostEnvironment environment) {
    this.settings = settings;
    this.conf = SparkSettings.layered(submitted, settings.spark());
    this.master = SparkMaster.of(SparkSettings.value(conf, SparkSettings.MASTER));
    this.environment = environment;
    this.jvm = new ExecutorJvm(conf, startsExecutors() ? environment.javaOptions() : Map.of());
  }

  /**
   * The configuration with which a run trains.
   *
   * @param submitted what spark-submit or system properties say; not changed
   * @param workers executors that the plan needs
   * @throws LaunchException if the plan cannot run so
   */
  public static SparkConf forTraining(
      SparkConf submitted, Settings settings, int workers, HostEnvironment environment) {
    SparkSetup setup = new SparkSetup(submitted, settings, environment);
    setup.setUp(workers);
    if (setup.startsExecutors()) {
      setup.requireSparkHome();
    }
    setup.stopIfWrong();
    return setup.conf;
  }

  /**
   * What the operator should know of how his Spark settings meet Cairn's, a sentence each.
   *
   * @param submitted what spark-submit or system properties say; not changed
   */
  public static List<String> notes(
      SparkConf submitted, Settings settings, HostEnvironment environment) {
    return new SparkSetup(submitted, settings, environment).jvm.note().stream().toList();
  }

  /**
   * The configuration with which the driver alone looks at data: schema and counts, no cluster.
   * What training would refuse is refused, as far as it does not depend on this machine: the plan
   * may be made on another.
   *
   * @param submitted what spark-submit or system properties say; not changed
   * @param workers executors that the plan needs
   * @throws LaunchException if the plan cannot run so
   */
  public static SparkConf forPlanning(
      SparkConf submitted, Settings settings, int workers, HostEnvironment environment) {
    SparkConf named = submitted.clone();
    if (!settings.spark().containsKey(SparkSettings.MASTER)
        && named.get(SparkSettings.MASTER, "").equals(NOBODYS_MASTER)) {
      named.remove(SparkSettings.MASTER);
    }
    SparkSetup setup = new SparkSetup(named, settings, environment);
    setup.setUp(workers);
    setup.stopIfWrong();
    SparkConf conf = SparkSettings.layered(submitted, settings.spark());
    conf.set(SparkSettings.MASTER, "local[*]")
        .set("spark.app.name", "cairn plan: " + settings.name())
        .set("spark.submit.deployMode", "client")
        .set("spark.dynamicAllocation.enabled", "false")
        .set("spark.ui.enabled", "false")
        // What the executors of a training would have.
        .set(SparkSettings.EXECUTOR_CORES, setup.conf.get(SparkSettings.EXECUTOR_CORES, "1"))
        .set(WorkerCores.NATIVE_THREADS, setup.conf.get(WorkerCores.NATIVE_THREADS, "1"));
    kryo(conf);
    listInFewTasks(conf, environment.processors());
    return conf;
  }

  /**
   * The configuration with which a trained model scores: ordinary tasks, one a core, on whatever
   * cluster there is; on a bare machine one executor with all its cores.
   *
   * @param submitted what spark-submit or system properties say; not changed
   * @param command for the name of the application
   * @throws LaunchException if it cannot run so
   */
  public static SparkConf forScoring(
      SparkConf submitted, Settings settings, String command, HostEnvironment environment) {
    SparkSetup setup = new SparkSetup(submitted, settings, environment);
    setup.setUpScoring(command);
    if (setup.startsExecutors()) {
      setup.requireSparkHome();
    }
    setup.stopIfWrong();
    return setup.conf;
  }

  private void setUpScoring(String command) {
    problems.addAll(jvm.mistakes());
    String cpus = SparkSettings.value(conf, TASK_CPUS).orElse("1");
    conf.remove(TASK_CPUS);
    // Tasks side by side leave no core for a team of threads each.
    conf.setIfMissing(WorkerCores.NATIVE_THREADS, cpus);
    conf.setIfMissing("spark.executorEnv.OMP_WAIT_POLICY", "passive");
    if (master instanceof SparkMaster.Embedded) {
      embed(1);
    } else if (master instanceof SparkMaster.LocalCluster) {
      nameScalaVersion();
    }
    conf.set(TASK_CPUS, cpus);
    listInFewTasks(conf, environment.processors());
    kryo(conf);
    conf.set("spark.app.name", "cairn " + command + ": " + settings.name());
    if (WorkerCores.hasGpu(conf)) {
      conf.setIfMissing("spark.task.resource.gpu.amount", conf.get(WorkerCores.EXECUTOR_GPUS));
    }
    jvm.option("-Dorg.eclipse.deeplearning4j.helpers.disable=", "false");
  }

  private boolean startsExecutors() {
    return master instanceof SparkMaster.Embedded || master instanceof SparkMaster.LocalCluster;
  }

  private void setUp(int workers) {
    problems.addAll(jvm.mistakes());
    refuseDynamicAllocation();
    if (master instanceof SparkMaster.Embedded) {
      embed(workers);
    } else if (master instanceof SparkMaster.LocalCluster local) {
      nameScalaVersion();
      fillExecutors(local.coresPerExecutor());
      requireExecutors(workers, local.executors(), local.address());
    } else if (master instanceof SparkMaster.InProcess local) {
      problems.add(
          "spark.master = "
              + local.address()
              + ": all ranks would share one process; name a cluster (--master yarn, k8s://...,"
              + " spark://...), or local-cluster["
              + workers
              + ",1,"
              + SparkSettings.DEFAULT_EXECUTOR_MIB
              + "], or run without spark-submit for executors on this machine");
    } else if (master instanceof SparkMaster.Cluster cluster) {
      join(cluster, workers);
    }
    listInFewTasks(conf, workers * conf.getInt(SparkSettings.EXECUTOR_CORES, 1));
    common();
  }

  private void stopIfWrong() {
    if (problems.isEmpty()) {
      refusalOfSpark().ifPresent(problems::add);
    }
    if (!problems.isEmpty()) {
      throw new LaunchException(problems);
    }
  }

  /** What Spark would refuse when it starts. */
  private Optional<String> refusalOfSpark() {
    try {
      conf.clone().validateSettings();
      return Optional.empty();
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      return Optional.of("Spark refuses its settings: " + e.getMessage());
    }
  }

  /**
   * Spark lists more than 32 folders or files in a job of a task each, up to 10,000: a hundredth of
   * a second for what takes a thousandth.
   */
  private static void listInFewTasks(SparkConf conf, int cores) {
    conf.setIfMissing(
        "spark.sql.sources.parallelPartitionDiscovery.parallelism",
        Integer.toString(LISTINGS_PER_CORE * cores));
  }

  private void embed(int workers) {
    nameScalaVersion();
    int cores =
        conf.getInt(
            SparkSettings.EXECUTOR_CORES,
            Math.max(1, environment.processors() / Math.max(1, workers)));
    long memoryMiB =
        conf.getSizeAsMb("spark.executor.memory", SparkSettings.DEFAULT_EXECUTOR_MIB + "m");
    SparkMaster.LocalCluster cluster =
        new SparkMaster.LocalCluster(workers, cores, Math.toIntExact(memoryMiB));
    conf.set(SparkSettings.MASTER, cluster.address())
        .set("spark.cores.max", Integer.toString(workers * cores))
        .set("spark.executor.memory", memoryMiB + "m")
        .set("spark.executor.extraClassPath", executorClassPath());
    conf.setIfMissing("spark.ui.enabled", "false");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    // Executors start while model and data are read; the supervisor waits for them before it needs
    // all, and the data are cut as for all.
    conf.setIfMissing("spark.scheduler.minRegisteredResourcesRatio", "0");
    conf.setIfMissing("spark.default.parallelism", Integer.toString(workers * cores));
    conf.set(PLUGINS, appended(conf, PLUGINS, HeadStartPlugin.class.getName()));
    conf.setIfMissing("spark.sql.shuffle.partitions", Integer.toString(2 * workers * cores));
    environment
        .executorArchive()
        .ifPresent(archive -> jvm.option("-XX:SharedArchiveFile=", '"' + archive.toString() + '"'));
    // Spark listens on the network; without a secret whoever reaches it could run code.
    conf.setIfMissing("spark.authenticate", "true");
    conf.setIfMissing("spark.authenticate.secret", randomSecret());
    jvm.option("-Dorg.bytedeco.javacpp.maxbytes=", offHeapMiB(workers) + "m");
    // Examples are read through mapped files, which JavaCPP would count as its own memory.
    jvm.option("-Dorg.bytedeco.javacpp.maxphysicalbytes=", "0");
    fillExecutors(cores);
  }

  private void join(SparkMaster.Cluster cluster, int workers) {
    if (cluster.isStandalone()
        && SparkSettings.value(conf, SparkSettings.EXECUTOR_CORES).isEmpty()) {
      problems.add(
          "spark.executor.cores is not set: on a standalone cluster an executor takes all cores of"
              + " its machine, and one task must fill one executor; set it, for example to 4");
    }
    int cores = conf.getInt(SparkSettings.EXECUTOR_CORES, 1);
    fillExecutors(cores);
    if (SparkSettings.value(conf, SparkSettings.EXECUTOR_INSTANCES).isPresent()) {
      requireExecutors(
          workers,
          conf.getInt(SparkSettings.EXECUTOR_INSTANCES, 1),
          SparkSettings.EXECUTOR_INSTANCES);
    } else if (cluster.isStandalone()) {
      conf.setIfMissing("spark.cores.max", Integer.toString(workers * cores));
    } else {
      conf.set(SparkSettings.EXECUTOR_INSTANCES, Integer.toString(workers));
    }
  }

  private void fillExecutors(int cores) {
    String filled = Integer.toString(cores);
    SparkSettings.value(conf, TASK_CPUS)
        .filter(cpus -> !cpus.equals(filled))
        .ifPresent(
            cpus ->
                problems.add(
                    "spark.task.cpus = %s: one rank fills one executor, so it must be %s (the"
                            .formatted(cpus, filled)
                        + " executor's cores), or absent"));
    conf.set(TASK_CPUS, filled).set(SparkSettings.EXECUTOR_CORES, filled);
    WorkerCores.problem(
            settings.compute(), conf, WorkerCores.free(conf, cores), SparkSettings.EXECUTOR_CORES)
        .ifPresent(problems::add);
    // Threads compute side by side; each would have a team of its own (docs/decisions/0032).
    conf.setIfMissing(WorkerCores.NATIVE_THREADS, WorkerCores.hasGpu(conf) ? filled : "1");
    // Else threads that wait for each other spin on cores that others need (docs/decisions/0016).
    conf.setIfMissing("spark.executorEnv.OMP_WAIT_POLICY", "passive");
    if (WorkerCores.hasGpu(conf)) {
      conf.setIfMissing("spark.task.resource.gpu.amount", conf.get(WorkerCores.EXECUTOR_GPUS));
    }
  }

  private void common() {
    kryo(conf);
    conf.set("spark.app.name", "cairn: " + settings.name());
    conf.set("spark.speculation", "false");
    // A barrier stage starts all tasks at once or none; waiting for locality makes it none.
    conf.set("spark.locality.wait", "0s");
    conf.setIfMissing("spark.scheduler.minRegisteredResourcesRatio", "1.0");
    conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "120");
    leaveHostsOut(conf);
    // How many failures are too many is the supervisor's to say.
    conf.setIfMissing("spark.executor.maxNumFailures", "10000");
    // A checkpoint is copied to buffers that the JVM counts as direct; JavaCPP bounds the arrays.
    jvm.option("-XX:MaxDirectMemorySize=", "1t");
    // Else nobody hears that an executor is about to go.
    conf.setIfMissing("spark.decommission.enabled", "true");
    conf.setIfMissing("spark.barrier.sync.timeout", barrierTimeoutSeconds() + "s");
    jvm.option("-Dorg.eclipse.deeplearning4j.helpers.disable=", "false");
    jvm.collectGarbageForThroughput(
        conf.getSizeAsMb("spark.executor.memory", SparkSettings.DEFAULT_EXECUTOR_MIB + "m"));
  }

  /**
   * Spark's means to leave a host out are for the supervisor, who decides; ordinary tasks should be
   * retried where they are, as they would without.
   */
  static void leaveHostsOut(SparkConf conf) {
    String prefix = "spark.excludeOnFailure.";
    // Spark refuses as many attempts on one machine as there are in all.
    int attempts = conf.getInt("spark.task.maxFailures", 4) - 1;
    if (attempts < 1) {
      return;
    }
    conf.setIfMissing(prefix + "enabled", "true");
    conf.setIfMissing(prefix + "task.maxTaskAttemptsPerExecutor", Integer.toString(attempts));
    conf.setIfMissing(prefix + "task.maxTaskAttemptsPerNode", Integer.toString(attempts));
    conf.setIfMissing(prefix + "stage.maxFailedTasksPerExecutor", "1000");
    conf.setIfMissing(prefix + "stage.maxFailedExecutorsPerNode", "1000");
    conf.setIfMissing(prefix + "application.maxFailedTasksPerExecutor", "1000");
    conf.setIfMissing(prefix + "application.maxFailedExecutorsPerNode", "1");
    conf.setIfMissing(prefix + "timeout", "7d");
  }

  private long barrierTimeoutSeconds() {
    Duration patient = settings.collective().timeout().multipliedBy(5);
    return Math.max(patient.toSeconds(), SHORTEST_BARRIER_TIMEOUT.toSeconds());
  }

  private void refuseDynamicAllocation() {
    if (conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      problems.add(
          "spark.dynamicAllocation.enabled = true: a barrier job needs all its executors from"
              + " first to last; set it to false and spark.executor.instances to the number of"
              + " workers");
    }
  }

  private void requireExecutors(int workers, int executors, String where) {
    if (executors < workers) {
      problems.add(
          "batch.workers = %d, but %s gives %d executors; each worker needs one"
              .formatted(workers, where, executors));
    }
  }

  private void requireSparkHome() {
    String advice =
        "; set it to a folder whose jars/ holds Spark's jars (deploy/local/cairn does that)";
    if (environment.sparkHome().isEmpty()) {
      problems.add("SPARK_HOME is not set, and executors on this machine start from it" + advice);
    } else if (!java.nio.file.Files.isDirectory(environment.sparkHome().get().resolve("jars"))) {
      problems.add("SPARK_HOME = " + environment.sparkHome().get() + " has no jars/" + advice);
    }
  }

  /** Spark's scripts tell its launcher; without them it looks for Spark's build folders. */
  private void nameScalaVersion() {
    String[] version = scala.util.Properties.versionNumberString().split("\\.");
    conf.setIfMissing("spark.executorEnv.SPARK_SCALA_VERSION", version[0] + "." + version[1]);
  }

  private String executorClassPath() {
    return SparkSettings.value(conf, "spark.executor.extraClassPath")
        .map(own -> environment.executorClassPath() + java.io.File.pathSeparator + own)
        .orElse(environment.executorClassPath());
  }

  private long offHeapMiB(int workers) {
    long machineMiB = environment.memoryBytes() >> 20;
    return Math.max(1024, machineMiB * 3 / 4 / Math.max(1, workers));
  }

  private static void kryo(SparkConf conf) {
    conf.set("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
        // An example may be a quarter of this; Kryo's own limit would end a job with a riddle.
        .set("spark.kryoserializer.buffer.max", "1g")
        .set("spark.kryo.registrator", appended(conf, "spark.kryo.registrator", KRYO_REGISTRATOR));
  }

  private static String appended(SparkConf conf, String key, String entry) {
    List<String> entries = new ArrayList<>(List.of(conf.get(key, "").split(",")));
    entries.removeIf(String::isBlank);
    if (!entries.contains(entry)) {
      entries.add(entry);
    }
    return String.join(",", entries);
  }

  private static String randomSecret() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    return HexFormat.of().formatHex(secret);
  }
}

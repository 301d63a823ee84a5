/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.settings.Settings;
import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.TaskResourceProfile;
import org.apache.spark.resource.TaskResourceRequests;
import org.apache.spark.status.api.v1.ExecutorSummary;
import scala.Option;
import scala.collection.JavaConverters;

/**
 * Gives each worker an executor to itself in a session whose tasks are smaller: a resource profile
 * for that one stage asks for all cores, and for the GPUs, of an executor. In local mode, where the
 * driver is the one executor, there is one worker.
 *
 * <p>Threading: the driver's thread.
 */
final class WholeExecutors {

  private static final String DRIVER = "driver";
  private static final String WAIT_POLICY = "OMP_WAIT_POLICY";
  private static final String TASK_CPUS = "spark.task.cpus";
  private static final String TASK_GPUS = "spark.task.resource.gpu.amount";

  private final SparkContext spark;
  private final SparkConf conf;

  WholeExecutors(SparkContext spark) {
    this.spark = spark;
    this.conf = spark.getConf();
  }

  /** How many workers the session has executors for, as far as it is known. */
  OptionalInt workers() {
    if (spark.isLocal()) {
      return OptionalInt.of(1);
    }
    int there = executors().size();
    OptionalInt configured =
        SparkSettings.value(conf, SparkSettings.EXECUTOR_INSTANCES).isPresent()
            ? OptionalInt.of(conf.getInt(SparkSettings.EXECUTOR_INSTANCES, 1))
            : OptionalInt.empty();
    if (SparkMaster.of(Optional.of(spark.master())) instanceof SparkMaster.LocalCluster local) {
      configured = OptionalInt.of(local.executors());
    }
    return configured.isPresent() || there == 0 ? configured : OptionalInt.of(there);
  }

  /**
   * Why the session cannot run these workers, a sentence each; empty if it can.
   *
   * @param workers of the plan
   */
  List<String> problems(Settings settings, int workers) {
    List<String> problems = new ArrayList<>();
    settings
        .spark()
        .forEach(
            (key, value) -> {
              if (!SparkSettings.value(conf, key).equals(Optional.of(value))) {
                problems.add(
                    "%s = %s: the session is there already, with %s; set it where the session is made, or take it out of the settings"
                        .formatted(key, value, SparkSettings.value(conf, key).orElse("no value")));
              }
            });
    if (spark.isLocal()) {
      if (workers > 1) {
        problems.add(
            "batch.workers = %d: spark.master = %s has one process, which is one worker; set batch.workers = 1 (more steps make the same effective batch), or use a cluster, or local-cluster[%d,1,1024]"
                .formatted(workers, spark.master(), workers));
      }
      int own = WorkerCores.ofDriver(spark);
      WorkerCores.problem(settings.compute(), conf, own, "spark.master = " + spark.master())
          .ifPresent(problems::add);
      return problems;
    }
    if (conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      problems.add(
          "spark.dynamicAllocation.enabled = true: workers need their executors from first to last; start the session with false and spark.executor.instances = %d or more"
              .formatted(workers));
      return problems;
    }
    OptionalInt known = workers();
    if (known.isPresent() && known.getAsInt() < workers) {
      problems.add(
          "batch.workers = %d, but the session has %d executors; each worker needs one"
              .formatted(workers, known.getAsInt()));
    }
    IntSummaryStatistics cores = cores();
    if (cores.getCount() > 0 && cores.getMax() >= 2 * cores.getMin()) {
      problems.add(
          "the session's executors have %d to %d cores, so that one of them would be given two workers; set spark.executor.cores"
              .formatted(cores.getMin(), cores.getMax()));
    } else if (cores.getCount() > 0) {
      refusal(cores.getMin()).ifPresent(problems::add);
      WorkerCores.problem(settings.compute(), conf, freeCores(), SparkSettings.EXECUTOR_CORES)
          .ifPresent(problems::add);
    }
    return problems;
  }

  /** Cores that a worker has for micro-batches side by side, as far as they are known; else 1. */
  int coresOfWorker() {
    return spark.isLocal() ? WorkerCores.ofDriver(spark) : freeCores();
  }

  private int freeCores() {
    IntSummaryStatistics cores = cores();
    return WorkerCores.free(conf, cores.getCount() == 0 ? 1 : cores.getMin());
  }

  /** What the session lacks that makes a run faster, a sentence each. */
  List<String> notes() {
    if (spark.isLocal()) {
      return List.of();
    }
    List<String> lacking = new ArrayList<>();
    if (new ExecutorJvm(spark.getConf(), Map.of()).note().isEmpty()) {
      lacking.add("-XX:+UseParallelGC in spark.executor.extraJavaOptions");
    }
    if (!conf.contains("spark.executorEnv." + WAIT_POLICY) && System.getenv(WAIT_POLICY) == null) {
      lacking.add("spark.executorEnv." + WAIT_POLICY + " = passive");
    }
    return lacking.isEmpty()
        ? List.of()
        : List.of(
            "this session's executors run without %s: results are the same, updates may take longer (docs/api.md)"
                .formatted(String.join(" and ", lacking)));
  }

  /** The same shards, of which an executor is given one. */
  JavaRDD<byte[]> fill(JavaRDD<byte[]> shards) {
    IntSummaryStatistics cores = cores();
    if (spark.isLocal() || cores.getCount() == 0 || isFilled(cores.getMin())) {
      return shards;
    }
    return shards.withResources(profile(cores.getMin()));
  }

  private Optional<String> refusal(int cores) {
    if (isFilled(cores)) {
      return Optional.empty();
    }
    try {
      spark.resourceProfileManager().isSupported(profile(cores));
      return Optional.empty();
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      return Optional.of(
          "spark.task.cpus = %s: each worker needs an executor of %d cores to itself, and Spark cannot give one stage larger tasks here (%s); start the session with spark.task.cpus = %d"
              .formatted(conf.get(TASK_CPUS, "1"), cores, e.getMessage(), cores));
    }
  }

  /** Whether the session's own tasks are as large. */
  private boolean isFilled(int cores) {
    return conf.getInt(TASK_CPUS, 1) * 2 > cores
        && conf.get(TASK_GPUS, "0").equals(conf.get(WorkerCores.EXECUTOR_GPUS, "0"));
  }

  private ResourceProfile profile(int cores) {
    TaskResourceRequests requests = new TaskResourceRequests().cpus(cores);
    SparkSettings.value(conf, WorkerCores.EXECUTOR_GPUS)
        .ifPresent(amount -> requests.resource("gpu", Double.parseDouble(amount)));
    ResourceProfile wanted = new TaskResourceProfile(requests.requests());
    Option<ResourceProfile> same = spark.resourceProfileManager().getEquivalentProfile(wanted);
    return same.isDefined() ? same.get() : wanted;
  }

  private IntSummaryStatistics cores() {
    IntSummaryStatistics there =
        executors().stream().mapToInt(ExecutorSummary::totalCores).summaryStatistics();
    if (there.getCount() == 0) {
      configuredCores().ifPresent(there);
    }
    return there;
  }

  private OptionalInt configuredCores() {
    if (SparkMaster.of(Optional.of(spark.master())) instanceof SparkMaster.LocalCluster local) {
      return OptionalInt.of(local.coresPerExecutor());
    }
    return conf.contains(SparkSettings.EXECUTOR_CORES)
        ? OptionalInt.of(conf.getInt(SparkSettings.EXECUTOR_CORES, 1))
        : OptionalInt.empty();
  }

  private List<ExecutorSummary> executors() {
    return JavaConverters.seqAsJavaList(spark.statusStore().executorList(true)).stream()
        .filter(executor -> !executor.id().equals(DRIVER))
        .toList();
  }
}

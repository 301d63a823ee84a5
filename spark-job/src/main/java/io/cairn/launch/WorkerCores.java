/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.replica.NativeThreads;
import io.cairn.settings.ComputeSettings;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkContext$;
import org.apache.spark.sql.SparkSession;

/**
 * How many cores a worker has to compute micro-batches side by side, as far as the driver can know.
 * Each worker looks again when it begins.
 *
 * <p>Threading: stateless.
 */
final class WorkerCores {

  static final String EXECUTOR_GPUS = "spark.executor.resource.gpu.amount";
  static final String NATIVE_THREADS = "spark.executorEnv.OMP_NUM_THREADS";

  private WorkerCores() {}

  /**
   * The cores of a worker.
   *
   * @param spark the session of {@code source}
   */
  static int of(SparkSession spark, SparkSource source) {
    SparkContext context = spark.sparkContext();
    return source instanceof SparkSource.Own
        ? free(context.getConf(), context.getConf().getInt(SparkSettings.EXECUTOR_CORES, 1))
        : new WholeExecutors(context).coresOfWorker();
  }

  /**
   * How many computations an executor has room for: each may take several cores, and a GPU is for
   * one.
   */
  static int free(SparkConf conf, int cores) {
    if (hasGpu(conf)) {
      return 1;
    }
    String given = conf.get(NATIVE_THREADS, "1");
    int each = given.matches("\\d{1,6}") ? Math.max(1, Integer.parseInt(given)) : 1;
    return Math.max(1, cores / each);
  }

  /** The same of a session in local mode, whose driver is the one worker. */
  static int ofDriver(SparkContext spark) {
    int cores = SparkContext$.MODULE$.numDriverCores(spark.master());
    return Math.max(1, cores / NativeThreads.each());
  }

  /** Whether each executor has a GPU. */
  static boolean hasGpu(SparkConf conf) {
    return SparkSettings.value(conf, EXECUTOR_GPUS)
        .filter(amount -> !amount.equals("0"))
        .isPresent();
  }

  /**
   * Why a worker cannot have the threads that are asked for.
   *
   * @param cores that it has for them
   * @param where they are set
   */
  static Optional<String> problem(
      ComputeSettings compute, SparkConf conf, int cores, String where) {
    OptionalInt threads = compute.threads();
    if (threads.isEmpty() || threads.getAsInt() == 1) {
      return Optional.empty();
    }
    if (hasGpu(conf)) {
      return Optional.of(
          "compute.threads = %d: a worker with a GPU computes one micro-batch at a time, and a larger batch.micro fills the GPU; set it to 1, or leave it out"
              .formatted(threads.getAsInt()));
    }
    return threads.getAsInt() <= cores
        ? Optional.empty()
        : Optional.of(
            "compute.threads = %d, but a worker has %s for them (%s, divided by its OMP_NUM_THREADS), and threads without a core of their own make the others slower; set it to at most %d, or leave it out for one thread a core"
                .formatted(
                    threads.getAsInt(), cores == 1 ? "one core" : cores + " cores", where, cores));
  }
}

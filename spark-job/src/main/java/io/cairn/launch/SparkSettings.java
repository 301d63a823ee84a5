/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/**
 * What Spark's settings say, before {@link SparkSetup} makes a run's configuration of them: what
 * spark-submit or system properties say, and below it the {@code spark} block of the settings.
 *
 * <p>Threading: stateless.
 */
public final class SparkSettings {

  static final String MASTER = "spark.master";
  static final String EXECUTOR_CORES = "spark.executor.cores";
  static final String EXECUTOR_INSTANCES = "spark.executor.instances";
  static final int DEFAULT_EXECUTOR_MIB = 1024;

  private SparkSettings() {}

  /**
   * How many workers the cluster gives, where that is known before anything runs: its configured
   * executors.
   *
   * @param submitted what spark-submit or system properties say; not changed
   */
  public static OptionalInt clusterWorkers(SparkConf submitted, Settings settings) {
    SparkConf conf = layered(submitted, settings.spark());
    SparkMaster master = SparkMaster.of(value(conf, MASTER));
    if (master instanceof SparkMaster.LocalCluster local) {
      return OptionalInt.of(local.executors());
    }
    if (master instanceof SparkMaster.Cluster) {
      Optional<String> instances = value(conf, EXECUTOR_INSTANCES);
      if (instances.isPresent()) {
        return OptionalInt.of(conf.getInt(EXECUTOR_INSTANCES, 1));
      }
      if (value(conf, "spark.cores.max").isPresent() && value(conf, EXECUTOR_CORES).isPresent()) {
        return OptionalInt.of(conf.getInt("spark.cores.max", 1) / conf.getInt(EXECUTOR_CORES, 1));
      }
    }
    return OptionalInt.empty();
  }

  /** How many workers a session has executors for, as far as that is known. */
  public static OptionalInt workersOf(SparkSession session) {
    return new WholeExecutors(session.sparkContext()).workers();
  }

  /**
   * Bytes of an executor's heap.
   *
   * @param submitted what spark-submit or system properties say; not changed
   */
  public static long executorHeapBytes(SparkConf submitted, Settings settings) {
    return layered(submitted, settings.spark())
            .getSizeAsMb("spark.executor.memory", DEFAULT_EXECUTOR_MIB + "m")
        << 20;
  }

  /** Spark's {@code spark.hadoop.*} keys, prefix removed, as a run's directory takes them. */
  public static Map<String, String> hadoop(SparkConf conf) {
    return withPrefix(conf, "spark.hadoop.");
  }

  /**
   * What Spark's settings say of Cairn's ({@code spark.cairn.collective.port-range}), by key
   * without that prefix: what belongs to a cluster stands with the cluster's other settings.
   */
  public static Map<String, String> cairnsOwn(SparkConf submitted) {
    return withPrefix(submitted, SettingsReader.SPARK_PREFIX);
  }

  private static Map<String, String> withPrefix(SparkConf conf, String prefix) {
    Map<String, String> found = new TreeMap<>();
    for (Tuple2<String, String> entry : conf.getAllWithPrefix(prefix)) {
      found.put(entry._1(), entry._2());
    }
    return found;
  }

  static SparkConf layered(SparkConf submitted, Map<String, String> fromSettings) {
    SparkConf conf = submitted.clone();
    fromSettings.forEach(conf::setIfMissing);
    return conf;
  }

  static Optional<String> value(SparkConf conf, String key) {
    return conf.contains(key) ? Optional.of(conf.get(key)) : Optional.empty();
  }
}

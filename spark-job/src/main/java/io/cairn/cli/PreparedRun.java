/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.launch.HostEnvironment;
import io.cairn.launch.SparkSettings;
import io.cairn.launch.SparkSetup;
import io.cairn.plan.AskedPlan;
import io.cairn.settings.Settings;
import java.util.List;
import org.apache.spark.SparkConf;

/**
 * What the arguments of a command come to, on this machine and its cluster.
 *
 * <p>Threading: as Spark's configuration: one thread.
 *
 * @param submitted Spark's settings as this process was given them
 * @param settings the run's, resolved
 * @param plan the batch plan that they ask for
 * @param environment what this process stands in
 */
record PreparedRun(
    SparkConf submitted, Settings settings, AskedPlan plan, HostEnvironment environment) {

  static PreparedRun of(SparkConf submitted, Settings settings) {
    return new PreparedRun(
        submitted,
        settings,
        AskedPlan.resolve(settings.batch(), SparkSettings.clusterWorkers(submitted, settings)),
        HostEnvironment.ofThisProcess(System.getenv()));
  }

  /** Spark's settings for a command that trains. */
  SparkConf forTraining() {
    return SparkSetup.forTraining(submitted, settings, plan.plan().workers(), environment);
  }

  /** Spark's settings for a command that goes no further than this process. */
  SparkConf forPlanning() {
    return SparkSetup.forPlanning(submitted, settings, plan.plan().workers(), environment);
  }

  /** What the user should know of Spark's settings, a sentence each. */
  List<String> notes() {
    return SparkSetup.notes(submitted, settings, environment);
  }
}

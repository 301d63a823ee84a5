/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code spark.master} means for ranks that need a process each. */
sealed interface SparkMaster {

  /** None given: Spark is embedded, its executors are processes on this machine. */
  record Embedded() implements SparkMaster {}

  /**
   * Spark's own cluster of processes on this machine.
   *
   * @param executors executor processes
   * @param coresPerExecutor task slots of each
   * @param memoryMiB heap of each
   */
  record LocalCluster(int executors, int coresPerExecutor, int memoryMiB) implements SparkMaster {

    /** As {@code spark.master} wants it. */
    String address() {
      return "local-cluster[" + executors + "," + coresPerExecutor + "," + memoryMiB + "]";
    }
  }

  /**
   * All tasks in the driver's process.
   *
   * @param address as given
   */
  record InProcess(String address) implements SparkMaster {}

  /**
   * A cluster manager: YARN, Kubernetes, standalone.
   *
   * @param address as given
   */
  record Cluster(String address) implements SparkMaster {

    /** Whether an executor takes all cores of its machine unless told otherwise. */
    boolean isStandalone() {
      return address.startsWith("spark://");
    }
  }

  /** Reads {@code spark.master}. */
  static SparkMaster of(Optional<String> master) {
    if (master.isEmpty()) {
      return new Embedded();
    }
    String address = master.get().strip();
    Matcher local = Patterns.LOCAL_CLUSTER.matcher(address);
    if (local.matches()) {
      return new LocalCluster(
          Integer.parseInt(local.group(1)),
          Integer.parseInt(local.group(2)),
          Integer.parseInt(local.group(3)));
    }
    return address.equals("local") || address.startsWith("local[")
        ? new InProcess(address)
        : new Cluster(address);
  }

  /** Compiled once. */
  final class Patterns {
    private static final Pattern LOCAL_CLUSTER =
        Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,\\s*(\\d+)\\s*]");

    private Patterns() {}
  }
}

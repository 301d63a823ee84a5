/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.util.Optional;
import org.apache.spark.SparkContext;

/**
 * What a driver can tell of an application that its cluster manager has ended: somebody killed it,
 * or the manager gave it up. A driver is not told why; it finds its Spark stopped, or its thread
 * interrupted (YARN's application master does that), which nobody else does.
 *
 * <p>Another attempt in the same application is no use, another submit may be.
 *
 * <p>Threading: stateless.
 */
final class EndedByCluster {

  /** What Spark's constructor throws when it was stopped before it was complete. */
  private static final String STOPPED_AT_START = "Spark context stopped while waiting for backend";

  private EndedByCluster() {}

  /** Whether Spark could not start because the application was ended. */
  static boolean atStart(RuntimeException fromSpark) {
    return STOPPED_AT_START.equals(fromSpark.getMessage());
  }

  /** The outcome when Spark was about to start. */
  static Outcome.Failed whileStarting() {
    return outcome("the application", "Spark started and waited for executors");
  }

  /**
   * The outcome later on.
   *
   * @param spark of the application, stopped or not
   * @param meanwhile what the driver did, as a clause
   */
  static Outcome.Failed during(SparkContext spark, String meanwhile) {
    return outcome("application " + spark.applicationId(), meanwhile);
  }

  private static Outcome.Failed outcome(String application, String meanwhile) {
    return new Outcome.Failed(
        "the cluster manager ended %s while %s: it was killed, or given up; the first cause is in the"
                .formatted(application, meanwhile)
            + " cluster manager's own account of it (on YARN the application's diagnostics);"
            + " the same command goes on with the run",
        Optional.empty());
  }
}

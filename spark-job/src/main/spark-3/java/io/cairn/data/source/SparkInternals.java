/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import org.apache.spark.SparkUserAppException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Dataset$;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;

/**
 * What is called otherwise in Spark 3.5 and in Spark 4, as Spark 3.5 calls it. The other one is in
 * {@code src/main/spark-4}; the build takes one of both.
 *
 * <p>Threading: stateless.
 */
public final class SparkInternals {
  private SparkInternals() {}

  /** The rows that a plan describes, as a data frame of a session; not yet read. */
  public static Dataset<Row> ofRows(SparkSession session, LogicalPlan plan) {
    return Dataset$.MODULE$.ofRows(session, plan);
  }

  /** A session with the same settings and catalog, and with views of its own. */
  static SparkSession cloned(SparkSession session) {
    return session.cloneSession();
  }

  /** A plan with what its session has cached in the place of what computes it. */
  static LogicalPlan withCached(SparkSession session, LogicalPlan plan) {
    return session.sharedState().cacheManager().useCachedData(plan);
  }

  /** What tells Spark, where it runs the driver, with which code the program ended. */
  public static SparkUserAppException exit(int code) {
    return new SparkUserAppException(code);
  }
}

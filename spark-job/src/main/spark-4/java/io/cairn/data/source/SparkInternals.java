/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.Dataset$;

/**
 * What is called otherwise in Spark 3.5 and in Spark 4, as Spark 4 calls it. The other one is in
 * {@code src/main/spark-3}; the build takes one of both.
 *
 * <p>Threading: stateless.
 */
public final class SparkInternals {
  private SparkInternals() {}

  /** The rows that a plan describes, as a data frame of a session; not yet read. */
  public static Dataset<Row> ofRows(SparkSession session, LogicalPlan plan) {
    return Dataset$.MODULE$.ofRows(classic(session), plan);
  }

  /** A session with the same settings and catalog, and with views of its own. */
  static SparkSession cloned(SparkSession session) {
    return classic(session).cloneSession();
  }

  private static org.apache.spark.sql.classic.SparkSession classic(SparkSession session) {
    return (org.apache.spark.sql.classic.SparkSession) session;
  }
}

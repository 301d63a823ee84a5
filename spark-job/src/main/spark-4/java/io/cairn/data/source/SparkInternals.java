/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import jakarta.servlet.http.HttpServletRequest;
import org.apache.spark.SparkUserAppException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.Dataset$;
import org.apache.spark.ui.SparkUITab;
import scala.collection.immutable.Seq;
import scala.xml.Node;

/**
 * What is called otherwise in Spark 3.5 and in Spark 4, as Spark 4 calls it; what its releases call
 * otherwise is in {@link ReleaseInternals}. The other one is in {@code src/main/spark-3}; the build
 * takes one of both.
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

  /** A plan with what its session has cached in the place of what computes it. */
  static LogicalPlan withCached(SparkSession session, LogicalPlan plan) {
    return ReleaseInternals.withCached(classic(session).sharedState().cacheManager(), plan);
  }

  /** What tells Spark, where it runs the driver, with which code the program ended. */
  public static SparkUserAppException exit(int code) {
    return ReleaseInternals.exit(code);
  }

  /** A page of Spark's, with its heading, its style and the tab in its row of tabs. */
  public static Seq<Node> page(
      HttpServletRequest request, String title, Seq<Node> content, SparkUITab tab) {
    return ReleaseInternals.page(request, title, content, tab);
  }

  private static org.apache.spark.sql.classic.SparkSession classic(SparkSession session) {
    return (org.apache.spark.sql.classic.SparkSession) session;
  }
}

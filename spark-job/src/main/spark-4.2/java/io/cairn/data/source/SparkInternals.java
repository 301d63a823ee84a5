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
import org.apache.spark.ui.UIUtils;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.xml.Node;

/**
 * What is called otherwise in each release of Spark, as Spark 4.2 calls it. The others are in {@code
 * src/main/spark-3} and {@code src/main/spark-4.0}; the build takes one of them.
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
    return classic(session).sharedState().cacheManager().useCachedData(plan, cached -> true);
  }

  /** What tells Spark, where it runs the driver, with which code the program ended. */
  public static SparkUserAppException exit(int code) {
    return new SparkUserAppException(code, null);
  }

  /** A page of Spark's, with its heading, its style and the tab in its row of tabs. */
  public static Seq<Node> page(
      HttpServletRequest request, String title, Seq<Node> content, SparkUITab tab) {
    return UIUtils.headerSparkPage(
        request, title, () -> content, tab, Option.empty(), false, false, false);
  }

  private static org.apache.spark.sql.classic.SparkSession classic(SparkSession session) {
    return (org.apache.spark.sql.classic.SparkSession) session;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import jakarta.servlet.http.HttpServletRequest;
import org.apache.spark.SparkUserAppException;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.CacheManager;
import org.apache.spark.ui.SparkUITab;
import org.apache.spark.ui.UIUtils;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.xml.Node;

/**
 * What is called otherwise in the releases of Spark 4, as Spark 4.0 calls it: {@link SparkInternals}
 * says what each is. The other one is in {@code src/main/spark-4.2}.
 *
 * <p>Threading: stateless.
 */
final class ReleaseInternals {
  private ReleaseInternals() {}

  static LogicalPlan withCached(CacheManager cached, LogicalPlan plan) {
    return cached.useCachedData(plan);
  }

  static SparkUserAppException exit(int code) {
    return new SparkUserAppException(code);
  }

  static Seq<Node> page(
      HttpServletRequest request, String title, Seq<Node> content, SparkUITab tab) {
    return UIUtils.headerSparkPage(
        request, title, () -> content, tab, Option.empty(), false, false);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import java.util.Objects;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** The one context of this JVM, on the master that a test wants; others' is stopped. */
final class SparkFixture {

  private static JavaSparkContext context;

  private SparkFixture() {}

  /** One worker, in this process. */
  static JavaSparkContext local() {
    return on("local[2]");
  }

  /** Two executors of a core each, as processes of their own. */
  static JavaSparkContext twoExecutors() {
    return on("local-cluster[2,1,1024]");
  }

  static SparkSession session() {
    return SparkSession.builder().getOrCreate();
  }

  private static synchronized JavaSparkContext on(String master) {
    if (context != null && !context.master().equals(master)) {
      context.stop();
      context = null;
    }
    if (context == null) {
      SparkConf conf =
          new SparkConf()
              .setAppName("cairn-dl4j-tests")
              .setMaster(master)
              .set("spark.ui.enabled", "false")
              .set("spark.log.level", "WARN")
              .set("spark.driver.host", "127.0.0.1")
              .set("spark.driver.bindAddress", "127.0.0.1")
              .set("spark.sql.shuffle.partitions", "2")
              .set("spark.scheduler.minRegisteredResourcesRatio", "1.0")
              .set("spark.executor.memory", "1g")
              .set("spark.executorEnv.OMP_NUM_THREADS", "1")
              .set("spark.executorEnv.SPARK_SCALA_VERSION", "2.12")
              .set(
                  "spark.executor.extraJavaOptions",
                  "-Dorg.eclipse.deeplearning4j.helpers.disable=false")
              .set("spark.executor.extraClassPath", System.getProperty("java.class.path"));
      context = JavaSparkContext.fromSparkContext(SparkContext.getOrCreate(conf));
    }
    return Objects.requireNonNull(context);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import java.io.IOException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Makes tables of the digits in a Hive metastore, the ways in which people have them. A program of
 * its own, because an embedded metastore belongs to one process at a time.
 */
final class HiveTables {

  /** In Hive's words: partitions by day, Parquet. Has rows of a day that is not over. */
  static final String PARTITIONED = "science.digits";

  /** By Spark's {@code saveAsTable}. */
  static final String SAVED = "science.saved";

  /** Lines of text that Hive's own classes read, on executors too. */
  static final String LINES = "science.lines";

  private HiveTables() {}

  /** Takes the digits' CSV file. Which metastore, Spark's settings among the properties say. */
  public static void main(String[] arguments) throws IOException {
    try (SparkSession spark =
        SparkSession.builder().master("local[1]").enableHiveSupport().getOrCreate()) {
      Dataset<Row> digits =
          spark
              .read()
              .option("header", true)
              .option("inferSchema", true)
              .csv(arguments[0])
              .selectExpr("*", "monotonically_increasing_id() AS id");
      spark.sql("CREATE DATABASE science");
      digits.write().saveAsTable(SAVED);
      spark.sql("CREATE TABLE " + LINES + " STORED AS TEXTFILE AS SELECT * FROM " + SAVED);
      partitioned(spark, digits);
    }
  }

  private static void partitioned(SparkSession spark, Dataset<Row> digits) {
    spark.sql(
        "CREATE TABLE %s (%s) PARTITIONED BY (day DATE) STORED AS PARQUET"
            .formatted(PARTITIONED, digits.schema().toDDL()));
    Dataset<Row> closed =
        digits.selectExpr("*", "date_add(DATE '2026-10-25', CAST(id % 7 AS INT)) AS day");
    Dataset<Row> open = digits.limit(100).selectExpr("*", "DATE '2026-11-02' AS day");
    closed.union(open).repartition(1).write().insertInto(PARTITIONED);
  }
}

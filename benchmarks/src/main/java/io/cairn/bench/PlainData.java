/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * What Spark does by itself with a wide table, in a process of its own: makes one, or reads it and
 * sends its rows to as many partitions as there are executors, as arrays of floats, which are the
 * bytes that Cairn sends, too.
 *
 * <p>Arguments: {@code table FOLDER ROWS COLUMNS}, or {@code shuffle FOLDER EXECUTORS COLUMNS}.
 */
public final class PlainData {

  private static final int FILES = 8;

  private PlainData() {}

  /** See the class comment. */
  public static void main(String[] arguments) {
    String folder = arguments[1];
    int number = Integer.parseInt(arguments[2]);
    int columns = Integer.parseInt(arguments[3]);
    boolean isTable = arguments[0].equals("table");
    SparkSession.Builder spark =
        SparkSession.builder()
            .appName("plain data")
            .master(isTable ? "local[*]" : "local-cluster[" + number + ",1,1024]")
            .config("spark.ui.enabled", "false");
    if (!isTable) {
      spark
          .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.12")
          .config("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    }
    try (SparkSession session = spark.getOrCreate()) {
      if (isTable) {
        table(session, number, columns).write().parquet(folder);
      } else {
        Column[] floats =
            IntStream.range(0, columns)
                .mapToObj(i -> functions.col("x" + i).cast("float"))
                .toArray(Column[]::new);
        session
            .read()
            .parquet(folder)
            .select(functions.array(floats), functions.col("y"), functions.col("x0"))
            .repartition(number, functions.col("x0"))
            .write()
            .format("noop")
            .mode("overwrite")
            .save();
      }
    }
    System.exit(0);
  }

  /** Numbers of three bytes or so, as measurements have, and a class of three. */
  private static Dataset<Row> table(SparkSession session, int rows, int columns) {
    Column[] all = new Column[columns + 1];
    for (int i = 0; i < columns; i++) {
      all[i] = functions.randn(i).cast("float").cast("double").as("x" + i);
    }
    all[columns] = functions.col("id").mod(3).cast("int").as("y");
    return session.range(0, rows, 1, FILES).select(all);
  }
}

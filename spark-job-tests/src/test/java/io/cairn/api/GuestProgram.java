/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import static java.util.stream.Collectors.joining;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A program that has a Spark session of its own, and trains in it. */
final class GuestProgram {

  private GuestProgram() {}

  static Dataset<Row> digits(SparkSession spark) {
    return spark
        .read()
        .option("header", "true")
        .schema(columns())
        .csv(Path.of("conf/data/digits.csv").toUri().toString());
  }

  private static String columns() {
    return IntStream.range(0, 64).mapToObj("pixel_%02d INT, "::formatted).collect(joining())
        + "digit INT";
  }

  static TrainingJobBuilder job(SparkSession spark, int workers) throws Exception {
    return TrainingJob.on(spark)
        .train(digits(spark))
        .validationFraction(0.15)
        .features("pixel_*")
        .label("digit")
        .classes(10)
        .set("data.scale", "1/16")
        .modelConfiguration(Files.readString(Path.of("conf/models/digits-mlp.json")))
        .workers(workers)
        .micro(16)
        .effective(128)
        .seed(7)
        .epochs(8);
  }

  public static void main(String[] arguments) throws Exception {
    SparkSession.Builder builder =
        SparkSession.builder().master(arguments[0]).config("spark.ui.enabled", "false");
    for (int i = 2; i < arguments.length; i++) {
      String[] entry = arguments[i].split("=", 2);
      builder = builder.config(entry[0], entry[1]);
    }
    int workers = arguments[0].startsWith("local-cluster") ? 2 : 1;
    try (SparkSession spark = builder.getOrCreate()) {
      TrainingResult result =
          job(spark, workers)
              .listener(
                  new TrainingListener() {
                    @Override
                    public void note(String line) {
                      System.out.println("NOTE " + line);
                    }
                  })
              .build()
              .run();
      Files.write(Path.of(arguments[1]), result.modelZip());
      System.out.println(
          "DONE "
              + result.history().size()
              + " "
              + result.validations()
              + " "
              + result.attempts()
              + result.network().numParams());
    }
  }
}

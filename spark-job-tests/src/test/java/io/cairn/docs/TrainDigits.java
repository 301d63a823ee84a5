/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.docs;

// Shown in docs/api.md, from the first import on; ApiPageTest compares, GuestSessionIT runs it.
import io.cairn.api.TrainingJob;
import io.cairn.api.TrainingResult;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** Trains on a data frame of a session that is there already. */
public final class TrainDigits {

  /** Trains, and prints what came of it. */
  public static void main(String[] arguments) throws Exception {
    SparkSession spark = SparkSession.builder().appName("digits").getOrCreate();
    Dataset<Row> digits =
        spark.read().option("header", true).option("inferSchema", true).csv("conf/data/digits.csv");
    TrainingResult result =
        TrainingJob.on(spark)
            .train(digits.where("digit < 5"))
            .validationFraction(0.15)
            .features("pixel_*")
            .label("digit")
            .classes(10)
            .set("data.scale", "1/16")
            .modelConfiguration(Files.readString(Path.of("conf/models/digits-mlp.json")))
            .workers(1)
            .micro(32)
            .effective(128)
            .epochs(5)
            .build()
            .run();
    MultiLayerNetwork network = (MultiLayerNetwork) result.network();
    System.out.println(network.summary());
    System.out.println(result.validations().get(result.validations().size() - 1).values());
    spark.stop();
  }
}

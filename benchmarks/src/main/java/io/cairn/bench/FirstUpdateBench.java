/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import static org.apache.spark.sql.functions.col;

import io.cairn.ml.CairnClassifier;
import io.cairn.ml.RunningFit;
import java.util.Arrays;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * How long somebody in a notebook waits for the first update of a fit on the quickstart's digits,
 * in a session whose executors are there: of the session's first fit, when everything is loaded for
 * the first time, and of later ones. The driver hears of updates a few times a second, so that a
 * figure may be a fifth of a second too large.
 */
final class FirstUpdateBench implements Bench.Benchmark {

  private static final int LATER_FITS = 5;
  private static final String DIGITS = "conf/data/digits.csv";
  private static final String NETWORK = "conf/models/digits-mlp.json";

  @Override
  public String summary() {
    return "seconds from fit to its first update, digits, in a session that is there";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    measure("local", "local[2]", 1, home, figures);
    measure("cluster", "local-cluster[2,1,1024]", 2, home, figures);
  }

  private static void measure(
      String name, String master, int workers, BenchHome home, Figures figures) throws Exception {
    SparkSession spark =
        SparkSession.builder()
            .master(master)
            .appName("bench-first-update")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.jars", home.jar().toUri().toString())
            .getOrCreate();
    try {
      spark.sparkContext().setLogLevel("ERROR");
      Dataset<Row> digits = digits(spark, home);
      String prefix = "first-update/" + name + "/";
      figures.figure(prefix + "first-fit", seconds(digits, workers, home), "s");
      double[] later = new double[LATER_FITS];
      for (int i = 0; i < LATER_FITS; i++) {
        later[i] = seconds(digits, workers, home);
      }
      figures.figure(
          prefix + "later-fit", Figures.median(Arrays.stream(later).boxed().toList()), "s");
      figures.figure(prefix + "latest-fit", Arrays.stream(later).max().orElseThrow(), "s");
    } finally {
      spark.stop();
    }
  }

  /** Features as a pipeline makes them. */
  private static Dataset<Row> digits(SparkSession spark, BenchHome home) {
    Dataset<Row> rows =
        spark
            .read()
            .option("header", "true")
            .option("inferSchema", "true")
            .csv(home.root().resolve(DIGITS).toUri().toString());
    String[] pixels =
        Arrays.stream(rows.columns()).filter(it -> it.startsWith("pixel_")).toArray(String[]::new);
    return new VectorAssembler()
        .setInputCols(pixels)
        .setOutputCol("features")
        .transform(rows.withColumn("label", col("digit")));
  }

  private static double seconds(Dataset<Row> digits, int workers, BenchHome home)
      throws InterruptedException {
    CairnClassifier classifier =
        new CairnClassifier()
            .setModel(home.root().resolve(NETWORK).toString())
            .setNumWorkers(workers)
            .setScale("1/16")
            .setMaxEpochs(5);
    long begun = System.nanoTime();
    RunningFit fit = RunningFit.start(classifier, digits);
    double seconds = 0;
    while (!fit.awaitEnd(1)) {
      if (seconds == 0 && !fit.progress().contains("\"update\":0,")) {
        seconds = (System.nanoTime() - begun) / 1e9;
      }
    }
    if (fit.failure() != null) {
      throw new IllegalStateException(fit.failure().message());
    }
    if (seconds == 0) {
      throw new IllegalStateException("the fit ended before its first update was seen");
    }
    return seconds;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.rand;

import io.cairn.ml.CairnClassificationModel;
import io.cairn.ml.CairnClassifier;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * A model's {@code transform} over rows that Spark holds in memory, beside plain {@code output} of
 * the same network over an array that is ready, a network on each core; in turns.
 */
final class ScoreBench implements Bench.Benchmark {

  private static final long ROWS = Long.getLong("cairn.bench.score.rows", 1_000_000);
  private static final int COLUMNS = 100;
  private static final int CLASSES = 10;
  private static final int BATCH = 256;
  private static final int ROUNDS = 3;
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  @Override
  public String summary() {
    return "rows that transform scores in a second, and those of a bare loop over output()";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    MultiLayerNetwork network = network();
    SparkSession spark =
        SparkSession.builder()
            .master("local[" + CORES + "]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.memory.storageFraction", "0.8")
            .getOrCreate();
    try {
      spark.sparkContext().setLogLevel("ERROR");
      Dataset<Row> rows = rows(spark);
      figures.note("%,d rows on %d cores".formatted(rows.count(), CORES));
      CairnClassificationModel model =
          new CairnClassifier()
              .setModel(network.getLayerWiseConfigurations().toJson())
              .setMaxUpdates(1)
              .fit(rows.where("id < " + BATCH));
      List<Double> ours = new ArrayList<>();
      List<Double> shares = new ArrayList<>();
      // The first round only warms up.
      for (int round = 0; round <= ROUNDS; round++) {
        double scored =
            ROWS
                / seconds(
                    () -> model.transform(rows).write().format("noop").mode("overwrite").save());
        double bare = ROWS / seconds(() -> bareLoop(network));
        if (round > 0) {
          ours.add(scored);
          shares.add(scored / bare);
        }
      }
      figures.figure("score/rows", Figures.median(ours), "rows/s");
      figures.figure("score/over-bare-loop", Figures.median(shares), "ratio");
    } finally {
      spark.stop();
    }
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new Sgd(0.1))
                .activation(Activation.RELU)
                .list()
                .layer(new DenseLayer.Builder().nOut(512).build())
                .layer(new DenseLayer.Builder().nOut(256).build())
                .layer(
                    new OutputLayer.Builder().nOut(CLASSES).activation(Activation.SOFTMAX).build())
                .setInputType(InputType.feedForward(COLUMNS))
                .build());
    network.init();
    return network;
  }

  private static Dataset<Row> rows(SparkSession spark) {
    List<Column> columns = new ArrayList<>(List.of(col("id")));
    IntStream.range(0, COLUMNS).forEach(i -> columns.add(rand(i).as("f" + i)));
    String[] features = IntStream.range(0, COLUMNS).mapToObj(i -> "f" + i).toArray(String[]::new);
    return new VectorAssembler()
        .setInputCols(features)
        .setOutputCol("features")
        .transform(spark.range(0, ROWS, 1, 4 * CORES).select(columns.toArray(new Column[0])))
        .selectExpr("id", "features", "CAST(id % " + CLASSES + " AS DOUBLE) AS label")
        .cache();
  }

  private static void bareLoop(MultiLayerNetwork network) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CORES);
    try {
      List<Future<?>> loops = new ArrayList<>();
      for (int core = 0; core < CORES; core++) {
        MultiLayerNetwork own = network.clone();
        loops.add(
            threads.submit(
                () -> {
                  INDArray batch = Nd4j.rand(DataType.FLOAT, BATCH, COLUMNS);
                  for (long row = 0; row < ROWS / CORES; row += BATCH) {
                    own.output(batch);
                  }
                }));
      }
      for (Future<?> loop : loops) {
        loop.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  private static double seconds(Work work) throws Exception {
    long begun = System.nanoTime();
    work.run();
    return (System.nanoTime() - begun) / 1e9;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import io.cairn.ml.CairnClassifier;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.classification.MultilayerPerceptronClassifier;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * A fit of {@code CairnClassifier} beside one of Spark's own perceptron: the same layers, the data
 * of its example, split as there, in one session, in turns. A fit of Cairn's is a job with attempts
 * and checkpoints, which such small data does not repay.
 */
final class MlBench implements Bench.Benchmark {

  private static final String DATA =
      "spark-job/src/test/resources/io/cairn/ml/sample_multiclass_classification_data.txt";
  private static final int ROUNDS = 3;

  /** Until the network has learned its rows, as Spark's has in fewer than 100 iterations. */
  private static final int EPOCHS = 200;

  private static final int[] LAYERS = {4, 5, 4, 3};

  @Override
  public String summary() {
    return "seconds of a fit and accuracy, CairnClassifier and Spark's perceptron, small data";
  }

  @Override
  public void run(BenchHome home, Figures figures) {
    SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .appName("bench-ml")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "1")
            .getOrCreate();
    try {
      spark.sparkContext().setLogLevel("ERROR");
      Dataset<Row> rows =
          spark
              .read()
              .format("libsvm")
              .option("numFeatures", "4")
              .load(home.root().resolve(DATA).toString())
              .cache();
      compare(rows, figures);
    } finally {
      spark.stop();
    }
  }

  private static void compare(Dataset<Row> rows, Figures figures) {
    Dataset<Row>[] parts = rows.randomSplit(new double[] {0.6, 0.4}, 1234);
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    double ourAccuracy = 0;
    double theirAccuracy = 0;
    // The first round only warms up.
    for (int round = 0; round <= ROUNDS; round++) {
      long begun = System.nanoTime();
      Model<?> network = classifier().fit(parts[0]);
      long between = System.nanoTime();
      Model<?> perceptron = perceptron().fit(parts[0]);
      long ended = System.nanoTime();
      if (round > 0) {
        ours.add((between - begun) / 1e9);
        theirs.add((ended - between) / 1e9);
      }
      ourAccuracy = accuracy(network.transform(parts[1]));
      theirAccuracy = accuracy(perceptron.transform(parts[1]));
    }
    figures.figure("ml/cairn", Figures.median(ours), "s");
    figures.figure("ml/perceptron", Figures.median(theirs), "s");
    figures.figure(
        "ml/cairn-over-perceptron", Figures.median(ours) / Figures.median(theirs), "ratio");
    figures.figure("ml/cairn/accuracy", ourAccuracy, "ratio");
    figures.figure("ml/perceptron/accuracy", theirAccuracy, "ratio");
  }

  private static CairnClassifier classifier() {
    return new CairnClassifier().setModel(network()).setMicroBatchSize(16).setMaxEpochs(EPOCHS);
  }

  private static MultilayerPerceptronClassifier perceptron() {
    return new MultilayerPerceptronClassifier().setLayers(LAYERS).setSeed(1234).setMaxIter(100);
  }

  private static double accuracy(Dataset<Row> scored) {
    return new MulticlassClassificationEvaluator().setMetricName("accuracy").evaluate(scored);
  }

  private static String network() {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .weightInit(WeightInit.XAVIER)
            .updater(new Adam(0.03))
            .list();
    for (int i = 1; i < LAYERS.length - 1; i++) {
      layers.layer(
          new DenseLayer.Builder()
              .nIn(LAYERS[i - 1])
              .nOut(LAYERS[i])
              .activation(Activation.SIGMOID)
              .build());
    }
    return layers
        .layer(
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(LAYERS[LAYERS.length - 2])
                .nOut(LAYERS[LAYERS.length - 1])
                .activation(Activation.SOFTMAX)
                .build())
        .build()
        .toJson();
  }
}

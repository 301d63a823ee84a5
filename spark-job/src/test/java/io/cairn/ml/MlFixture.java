/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

/** A session, networks and rows. */
final class MlFixture {

  private static final String SAMPLE = "sample_multiclass_classification_data.txt";

  private MlFixture() {}

  /** One session for all tests of this JVM, which nobody has prepared for Cairn. */
  static SparkSession spark() {
    return SparkSession.builder()
        .master("local[2]")
        .appName("ml-tests")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate();
  }

  /** 150 flowers of three kinds, four features each, as Spark's documentation has them. */
  static Dataset<Row> flowers() {
    try {
      Path copy = Files.createTempDirectory("cairn-ml").resolve(SAMPLE);
      try (InputStream in = MlFixture.class.getResourceAsStream(SAMPLE)) {
        Files.copy(in, copy);
      }
      return spark().read().format("libsvm").option("numFeatures", "4").load(copy.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A network with sigmoid layers and a softmax, as Spark's multilayer perceptron, as JSON. */
  static String classifier(int... sizes) {
    return network(Activation.SOFTMAX, LossFunction.MCXENT, sizes);
  }

  /** A network for numbers, as JSON. */
  static String regressor(int... sizes) {
    return network(Activation.IDENTITY, LossFunction.MSE, sizes);
  }

  /** A network, as JSON. */
  static String network(Activation last, LossFunction loss, int... sizes) {
    NeuralNetConfiguration.ListBuilder layers =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .weightInit(WeightInit.XAVIER)
            .updater(new Adam(0.03))
            .list();
    for (int i = 1; i < sizes.length - 1; i++) {
      layers.layer(
          new DenseLayer.Builder()
              .nIn(sizes[i - 1])
              .nOut(sizes[i])
              .activation(Activation.SIGMOID)
              .build());
    }
    return layers
        .layer(
            new OutputLayer.Builder(loss)
                .nIn(sizes[sizes.length - 2])
                .nOut(sizes[sizes.length - 1])
                .activation(last)
                .build())
        .build()
        .toJson();
  }

  /** The messages of an error and its causes. */
  static List<String> messages(Throwable error) {
    List<String> messages = new ArrayList<>();
    for (Throwable e = error; e != null; e = e.getCause()) {
      messages.add(String.valueOf(e.getMessage()));
    }
    return messages;
  }
}

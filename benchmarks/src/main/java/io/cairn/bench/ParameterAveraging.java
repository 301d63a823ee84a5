/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * DL4J's own way on Spark, in a process of its own: ParameterAveragingTrainingMaster on two
 * executors of one core, micro-batch 32, parameters averaged every 8 micro-batches.
 *
 * <p>Arguments: model, SPARK_HOME. Prints examples a second of the faster of two passes after a
 * first one.
 */
public final class ParameterAveraging {

  private static final int MICRO = 32;
  private static final int BATCHES = 160;

  private ParameterAveraging() {}

  /** See the class comment. */
  public static void main(String[] arguments) throws Exception {
    SparkConf conf =
        new SparkConf()
            .setAppName("parameter averaging")
            .setMaster("local-cluster[2,1,2048]")
            .set("spark.executor.memory", "2g")
            .set("spark.ui.enabled", "false")
            .set("spark.executorEnv.OMP_NUM_THREADS", "1")
            .set("spark.executorEnv.SPARK_SCALA_VERSION", "2.12")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      ParameterAveragingTrainingMaster master =
          new ParameterAveragingTrainingMaster.Builder(MICRO)
              .batchSizePerWorker(MICRO)
              .averagingFrequency(8)
              .workerPrefetchNumBatches(2)
              .rddTrainingApproach(RDDTrainingApproach.Direct)
              .build();
      SparkDl4jMultiLayer network =
          new SparkDl4jMultiLayer(
              spark,
              MultiLayerConfiguration.fromJson(Files.readString(Path.of(arguments[0]))),
              master);
      // The training master persists it itself.
      JavaRDD<DataSet> data = spark.parallelize(batches(), 2);
      network.fit(data);
      double best = Math.max(pass(network, data), pass(network, data));
      System.out.printf(Locale.ROOT, "%.1f%n", best);
    }
    System.exit(0);
  }

  private static double pass(SparkDl4jMultiLayer network, JavaRDD<DataSet> data) {
    long start = System.nanoTime();
    network.fit(data);
    return BATCHES * MICRO * 1e9 / (System.nanoTime() - start);
  }

  private static List<DataSet> batches() {
    List<DataSet> batches = new ArrayList<>();
    for (int i = 0; i < BATCHES; i++) {
      INDArray labels = Nd4j.zeros(DataType.FLOAT, MICRO, BenchHome.CLASSES);
      for (int row = 0; row < MICRO; row++) {
        labels.putScalar(row, (row + i) % BenchHome.CLASSES, 1);
      }
      batches.add(new DataSet(Nd4j.rand(DataType.FLOAT, MICRO, BenchHome.FEATURES), labels));
    }
    return batches;
  }
}

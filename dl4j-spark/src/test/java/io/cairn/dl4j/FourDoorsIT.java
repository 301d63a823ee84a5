/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.ml.CairnClassificationModel;
import io.cairn.ml.CairnClassifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/**
 * The same data, network, plan and seed give the same bits through all doors: the command, Spark
 * ML's stage from Java and from Python, and Deeplearning4j's training master. Each trains on two
 * executors.
 */
@Tag("heavy")
class FourDoorsIT {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  private static final Path DATA =
      ROOT.resolve(
          "spark-job/src/test/resources/io/cairn/ml/sample_multiclass_classification_data.txt");
  private static final int FEATURES = 4;
  private static final int CLASSES = 3;
  private static final int WORKERS = 2;
  private static final int MICRO = 8;
  private static final int STEPS = 3;
  private static final int EPOCHS = 3;
  private static final int SEED = 7;

  /** The script's exit code for what cannot be had on this machine. */
  private static final int UNAVAILABLE = 69;

  @TempDir private static Path folder;
  private static Path network;
  private static MultiLayerNetwork ofTheCommand;

  /** What the others are held against. */
  @BeforeAll
  static void command() throws Exception {
    network = Files.writeString(folder.resolve("network.json"), network().toJson());
    Path settings =
        Files.writeString(
            folder.resolve("doors.conf"),
            """
            seed = %d
            model.source = "%s"
            data {
              train { path = "%s", format = libsvm, options { numFeatures = %d } }
              features = features, label = label, classes = %d
            }
            batch { workers = %d, micro = %d, steps = %d }
            train.epochs = %d
            output = "%s"
            """
                .formatted(
                    SEED,
                    network,
                    DATA,
                    FEATURES,
                    CLASSES,
                    WORKERS,
                    MICRO,
                    STEPS,
                    EPOCHS,
                    folder.resolve("run")));
    assertThat(exitCode("deploy/local/cairn", "train", settings.toString())).as(log()).isZero();
    ofTheCommand = MultiLayerNetwork.load(folder.resolve("run/model.zip").toFile(), true);
  }

  /** With noise, and a rate that falls with each epoch. */
  private static MultiLayerConfiguration network() {
    return new NeuralNetConfiguration.Builder()
        .seed(SEED)
        .updater(new Adam(new StepSchedule(ScheduleType.EPOCH, 0.02, 0.5, 1)))
        .l2(1e-3)
        .list()
        .layer(
            new DenseLayer.Builder()
                .nIn(FEATURES)
                .nOut(8)
                .activation(Activation.TANH)
                .dropOut(0.8)
                .build())
        .layer(
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(8)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build())
        .build();
  }

  private static int exitCode(String command, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of(ROOT.resolve(command).toString()));
    words.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(ROOT.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    try {
      assertThat(process.waitFor(30, TimeUnit.MINUTES)).as("it ends").isTrue();
      return process.exitValue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  private static Dataset<Row> rows() {
    return SparkFixture.session()
        .read()
        .format("libsvm")
        .option("numFeatures", Integer.toString(FEATURES))
        .load(DATA.toUri().toString());
  }

  private static void isTheCommands(MultiLayerNetwork found) {
    assertThat(found.params().data().asBytes()).isEqualTo(ofTheCommand.params().data().asBytes());
  }

  private static MultiLayerNetwork saved(Path model) throws IOException {
    return MultiLayerNetwork.load(model.resolve("network.zip").toFile(), false);
  }

  @Test
  void stageOfSparkMl() throws Exception {
    SparkFixture.twoExecutors();
    CairnClassificationModel model =
        new CairnClassifier()
            .setModel(network.toString())
            .setNumWorkers(WORKERS)
            .setMicroBatchSize(MICRO)
            .setAccumulationSteps(STEPS)
            .setMaxEpochs(EPOCHS)
            .setSeed(SEED)
            .fit(rows());
    Path saved = folder.resolve("stage");
    model.write().save(saved.toUri().toString());
    isTheCommands(saved(saved));
  }

  @Test
  void trainingMaster() {
    JavaSparkContext spark = SparkFixture.twoExecutors();
    MultiLayerNetwork fresh = new MultiLayerNetwork(network());
    fresh.init();
    SparkDl4jMultiLayer wrapper =
        new SparkDl4jMultiLayer(
            spark,
            fresh,
            new CairnTrainingMaster.Builder()
                .workers(WORKERS)
                .batchSizePerWorker(MICRO)
                .accumulationSteps(STEPS)
                .rngSeed(SEED)
                .build());
    List<DataSet> examples = new ArrayList<>();
    for (Row row : rows().collectAsList()) {
      float[] values = new float[FEATURES];
      double[] given = row.<Vector>getAs("features").toArray();
      for (int i = 0; i < FEATURES; i++) {
        values[i] = (float) given[i];
      }
      float[] label = new float[CLASSES];
      label[(int) row.<Double>getAs("label").doubleValue()] = 1;
      examples.add(
          new DataSet(
              Nd4j.createFromArray(new float[][] {values}),
              Nd4j.createFromArray(new float[][] {label})));
    }
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      wrapper.fit(spark.parallelize(Cases.batches(DataSet.merge(examples), 11), 3));
    }
    isTheCommands(wrapper.getNetwork());
    assertThat(wrapper.getNetwork().getUpdater().getStateViewArray().data().asBytes())
        .isEqualTo(ofTheCommand.getUpdater().getStateViewArray().data().asBytes());
    assertThat(wrapper.getNetwork().getIterationCount())
        .isEqualTo(ofTheCommand.getIterationCount())
        .isEqualTo(EPOCHS * 4);
  }

  /** The first time, pyspark is installed. */
  @Test
  void stageOfPySpark() throws Exception {
    Path saved = folder.resolve("python");
    int exitCode =
        exitCode(
            "python/test",
            "--script",
            ROOT.resolve("dl4j-spark/src/test/python/doors.py").toString(),
            DATA.toString(),
            network.toString(),
            saved.toUri().toString());
    Assumptions.assumeTrue(exitCode != UNAVAILABLE, () -> "python/test cannot be run here");
    assertThat(exitCode).as(log()).isZero();
    isTheCommands(saved(saved));
  }
}

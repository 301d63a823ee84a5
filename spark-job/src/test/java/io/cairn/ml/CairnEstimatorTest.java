/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.replica.OnnxFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.MLTestingUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Networks with several inputs and outputs, and with sequences. */
class CairnEstimatorTest {

  private static final StructType SCHEMA =
      new StructType()
          .add("a", DataTypes.DoubleType)
          .add("b", DataTypes.IntegerType)
          .add("c", DataTypes.createArrayType(DataTypes.DoubleType))
          .add("kind", DataTypes.IntegerType)
          .add("price", DataTypes.DoubleType)
          .add("steps", DataTypes.createArrayType(DataTypes.DoubleType))
          .add("tags", DataTypes.createArrayType(DataTypes.IntegerType));

  private static Dataset<Row> rows;
  private static CairnEstimator estimator;
  private static CairnModel model;

  @BeforeAll
  static void fit() {
    List<Row> made = new ArrayList<>();
    for (int i = 0; i < 90; i++) {
      Double[] steps = new Double[1 + i % 4];
      Integer[] tags = new Integer[steps.length];
      for (int t = 0; t < steps.length; t++) {
        steps[t] = ((i + t) % 5) / 5.0;
        tags[t] = steps[t] > 0.4 ? 1 : 0;
      }
      made.add(
          RowFactory.create(
              i / 90.0,
              i % 3,
              new Double[] {(i % 10) / 10.0, (i % 6) / 6.0, 1.0},
              i % 3,
              i / 45.0,
              steps,
              tags));
    }
    rows = MlFixture.spark().createDataFrame(made, SCHEMA);
    estimator =
        new CairnEstimator()
            .setModel(graph())
            .setInputs("[{ columns = [a, b] }, { columns = c }]")
            .setOutputs("[{ columns = kind, classes = 3 }, { columns = price }]")
            .setMaxEpochs(40)
            .setMicroBatchSize(15);
    model = estimator.fit(rows);
  }

  private static String graph() {
    return new NeuralNetConfiguration.Builder()
        .seed(3)
        .updater(new Adam(0.03))
        .graphBuilder()
        .addInputs("left", "right")
        .addLayer(
            "l",
            new DenseLayer.Builder().nIn(2).nOut(8).activation(Activation.TANH).build(),
            "left")
        .addLayer(
            "r",
            new DenseLayer.Builder().nIn(3).nOut(4).activation(Activation.TANH).build(),
            "right")
        .addVertex("both", new MergeVertex(), "l", "r")
        .addLayer(
            "k",
            new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(12)
                .nOut(3)
                .activation(Activation.SOFTMAX)
                .build(),
            "both")
        .addLayer(
            "p",
            new OutputLayer.Builder(LossFunction.MSE)
                .nIn(12)
                .nOut(1)
                .activation(Activation.IDENTITY)
                .build(),
            "both")
        .setOutputs("k", "p")
        .build()
        .toJson();
  }

  private static String sequences() {
    return new NeuralNetConfiguration.Builder()
        .seed(3)
        .updater(new Adam(0.05))
        .list()
        .layer(new LSTM.Builder().nIn(1).nOut(6).activation(Activation.TANH).build())
        .layer(
            new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .nIn(6)
                .nOut(2)
                .activation(Activation.SOFTMAX)
                .build())
        .build()
        .toJson();
  }

  @Test
  void outputsAreNamedByTheirColumns() {
    Dataset<Row> scored = model.transform(rows);
    assertThat(scored.columns())
        .endsWith("prediction_kind", "probability_kind", "prediction_price");
    assertThat(scored.schema()).isEqualTo(model.transformSchema(rows.schema()));
    assertThat(estimator.transformSchema(rows.schema())).isEqualTo(scored.schema());
    assertThat(scored.where("prediction_kind = kind").count()).isGreaterThan(80);
    assertThat(scored.selectExpr("avg(abs(prediction_price - price))").first().getDouble(0))
        .isLessThan(0.2);
    assertThat(scored.first().<Vector>getAs("probability_kind").size()).isEqualTo(3);
  }

  @Test
  void labelsNeedNotBeThereWhenItScores() {
    assertThat(
            model.transform(rows.drop("kind", "price")).select("prediction_price").collectAsList())
        .isEqualTo(model.transform(rows).select("prediction_price").collectAsList());
  }

  @Test
  void columnsMayHaveOtherNames() {
    CairnModel named =
        model.copy(ParamMap.empty()).setPredictionCols("k", "p").setProbabilityCols("", "");
    assertThat(named.transform(rows).columns()).endsWith("tags", "k", "p");
    assertThatThrownBy(() -> model.copy(ParamMap.empty()).setPredictionCols("k").transform(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("predictionCols has 1 names, and the network has 2 outputs");
  }

  @Test
  void isSavedAndLoaded(@TempDir Path folder) throws Exception {
    MLTestingUtils.checkCopyAndUids(estimator, model);
    model.save(folder.resolve("model").toString());
    CairnModel loaded = CairnModel.load(folder.resolve("model").toString());
    assertThat(loaded.transform(rows).collectAsList())
        .isEqualTo(model.transform(rows).collectAsList());
    assertThat(
            ComputationGraph.load(folder.resolve("model/network.zip").toFile(), true).numParams())
        .isPositive();
  }

  @Test
  void sequencesHaveAPredictionAStep() {
    CairnModel tags =
        new CairnEstimator()
            .setModel(sequences())
            .setInputs("[{ columns = steps, max-steps = 4 }]")
            .setOutputs("[{ columns = tags, classes = 2, max-steps = 4 }]")
            .setMaxEpochs(30)
            .setMicroBatchSize(15)
            .fit(rows);
    Dataset<Row> scored = tags.transform(rows);
    assertThat(scored.columns()).endsWith("prediction", "probability");
    assertThat(scored.where("size(prediction) = size(steps)").count()).isEqualTo(90);
    assertThat(scored.schema()).isEqualTo(tags.transformSchema(rows.schema()));
    assertThat(scored.where("transform(prediction, p -> int(p)) = tags").count()).isGreaterThan(70);
  }

  @Test
  void wrongColumnsAreNamed() {
    assertThatThrownBy(
            () ->
                estimator
                    .copy(ParamMap.empty())
                    .setInputs("[{ columns = [a, z] }, { columns = c }]")
                    .fit(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("inputs: column z does not exist");
    assertThatThrownBy(() -> new CairnEstimator().setModel(graph()).fit(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("inputs is not set");
    assertThatThrownBy(
            () -> estimator.copy(ParamMap.empty()).setOutputs("{ columns = a }").fit(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be a list");
    assertThatThrownBy(
            () ->
                estimator
                    .copy(ParamMap.empty())
                    .setInputs("[{ columns = [a, b], shapes = [2] }, { columns = c }]")
                    .fit(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shapes");
  }

  @Test
  void anOnnxModelIsTrainedByTheLossThatTheSettingsName(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("mlp.onnx");
    Files.write(file, OnnxFixture.MLP.file(17));
    List<Row> made = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Double[] x = new Double[6];
      for (int j = 0; j < x.length; j++) {
        x[j] = ((i + j) % 4) / 4.0;
      }
      made.add(RowFactory.create(x, i % 4));
    }
    StructType schema =
        new StructType()
            .add("x", DataTypes.createArrayType(DataTypes.DoubleType))
            .add("kind", DataTypes.IntegerType);
    Dataset<Row> examples = MlFixture.spark().createDataFrame(made, schema);
    CairnEstimator onnx =
        new CairnEstimator()
            .setModel(file.toString())
            .setInputs("[{ columns = x, shape = [6] }]")
            .setOutputs("[{ columns = kind, classes = 4 }]")
            .setMicroBatchSize(10)
            .setMaxEpochs(30)
            .setSettings(
                "model.loss = sparse, train.updater { type = adam, learning-rate = 0.03 }");
    Dataset<Row> scored = onnx.fit(examples).transform(examples);
    assertThat(scored.where("prediction = kind").count()).isEqualTo(40);
    assertThatThrownBy(
            () ->
                new CairnClassifier()
                    .setModel(file.toString())
                    .setFeaturesCol("x")
                    .setLabelCol("kind")
                    .fit(examples))
        .hasMessageContaining(
            "is a SameDiff graph or an ONNX model; CairnEstimator takes such, with a list of columns for each input");
  }
}

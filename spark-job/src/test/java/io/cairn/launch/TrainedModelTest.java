/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static io.cairn.data.source.SparkFixture.classes;
import static io.cairn.data.source.SparkFixture.spark;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.source.SparkFixture;
import io.cairn.replica.ModelException;
import io.cairn.scoring.OnInvalid;
import io.cairn.scoring.OutputColumn;
import io.cairn.scoring.RowScoring;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Date;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import org.apache.spark.SparkException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What scoring says of each row is what plain Deeplearning4j says, in float64. */
@Tag("spark")
class TrainedModelTest {

  private static final int ROWS = 301;
  private static final StructType FRAME =
      new StructType()
          .add("id", DataTypes.LongType)
          .add("day", DataTypes.DateType)
          .add("a", DataTypes.DoubleType)
          .add("rest", DataTypes.createArrayType(DataTypes.DoubleType))
          .add("at", DataTypes.TimestampType)
          .add("text", DataTypes.StringType);

  @TempDir Path directory;

  private static MultiLayerNetwork classifier(DataType type) {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(type)
                .activation(Activation.TANH)
                .list()
                .layer(new DenseLayer.Builder().nIn(4).nOut(33).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.feedForward(4))
                .build());
    net.init();
    return net;
  }

  private static byte[] archive(org.deeplearning4j.nn.api.Model net) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ModelSerializer.writeModel(net, out, true);
    return out.toByteArray();
  }

  private static DataSettings settings(List<ColumnSettings> inputs, ColumnSettings... outputs) {
    return SparkFixture.settings(SparkFixture.source("nowhere", "csv"), inputs, List.of(outputs));
  }

  private static DataSettings scaled(DataSettings data, Scale scale) {
    return new DataSettings(
        data.train(),
        Optional.empty(),
        OptionalDouble.empty(),
        data.inputs(),
        data.outputs(),
        scale);
  }

  private static final DataSettings CLASSES =
      settings(List.of(values("a", "rest")), classes("label", 3));

  private static List<Row> rows() {
    Random random = new Random(5);
    List<Row> rows = new ArrayList<>();
    for (long i = 0; i < ROWS; i++) {
      rows.add(
          row(
              i,
              random.nextGaussian(),
              random.nextGaussian(),
              random.nextGaussian(),
              random.nextGaussian()));
    }
    return rows;
  }

  private static Row row(long id, Double a, Double... rest) {
    return RowFactory.create(
        id, Date.valueOf("2024-02-29"), a, rest, Timestamp.valueOf("1999-12-31 23:59:59"), "t");
  }

  private static Dataset<Row> frame(List<Row> rows, int partitions) {
    return spark().createDataFrame(rows, FRAME).repartition(partitions);
  }

  private static RowScoring.Scored score(TrainedModel model, Dataset<Row> rows, OnInvalid onInvalid)
      throws Exception {
    return model.score(rows, "the rows", outputs -> OutputColumn.usual(outputs, ""), onInvalid);
  }

  private static List<Row> byId(Dataset<Row> rows) {
    List<Row> found = new ArrayList<>(rows.collectAsList());
    found.sort(Comparator.comparingLong(row -> row.getLong(0)));
    return found;
  }

  private static INDArray features(List<Row> rows) {
    double[][] values = new double[rows.size()][];
    for (int i = 0; i < values.length; i++) {
      Double[] rest = (Double[]) rows.get(i).get(3);
      values[i] = new double[1 + rest.length];
      values[i][0] = rows.get(i).getDouble(2);
      for (int k = 0; k < rest.length; k++) {
        values[i][k + 1] = rest[k];
      }
    }
    return Nd4j.createFromArray(values);
  }

  private static double[] doubles(Row row, String column) {
    return row.getList(row.fieldIndex(column)).stream().mapToDouble(x -> (Double) x).toArray();
  }

  @Test
  void outputsStandBesideTheColumnsAndAreThoseOfPlainDl4j() throws Exception {
    MultiLayerNetwork net = classifier(DataType.DOUBLE);
    INDArray expected = net.output(features(rows()));
    TrainedModel model = TrainedModel.of("the model", archive(net), CLASSES);
    RowScoring.Scored scored = score(model, frame(rows(), 3), OnInvalid.ERROR);
    assertThat(scored.rows().schema().fieldNames())
        .containsExactly("id", "day", "a", "rest", "at", "text", "prediction", "probability");
    List<Row> found = byId(scored.rows());
    assertThat(found).hasSize(ROWS);
    for (int i = 0; i < ROWS; i++) {
      Row row = found.get(i);
      double[] probabilities = doubles(row, "probability");
      for (int c = 0; c < 3; c++) {
        assertThat(probabilities[c]).isEqualTo(expected.getDouble(i, c), within(1e-14));
      }
      assertThat(row.getInt(6)).isEqualTo(expected.getRow(i).argMax(0).getInt(0));
      assertThat(row.get(1)).isEqualTo(Date.valueOf("2024-02-29"));
      assertThat(row.get(4)).isEqualTo(Timestamp.valueOf("1999-12-31 23:59:59"));
    }
    assertThat(scored.counts().scored()).isEqualTo(ROWS);
    assertThat(scored.counts().unscorable()).isZero();
  }

  private static org.assertj.core.data.Offset<Double> within(double distance) {
    return org.assertj.core.data.Offset.offset(distance);
  }

  @Test
  void bitsDoNotDependOnTheCompanyOfARow() throws Exception {
    TrainedModel model = TrainedModel.of("the model", archive(classifier(DataType.FLOAT)), CLASSES);
    List<Row> expected = byId(score(model, frame(rows(), 1), OnInvalid.ERROR).rows());
    for (int partitions : List.of(3, 7, 40)) {
      List<Row> found = byId(score(model, frame(rows(), partitions), OnInvalid.ERROR).rows());
      assertThat(found).as(partitions + " partitions").isEqualTo(expected);
    }
    List<Row> alone =
        score(model, frame(rows().subList(ROWS - 1, ROWS), 1), OnInvalid.ERROR)
            .rows()
            .collectAsList();
    assertThat(alone).containsExactly(expected.get(ROWS - 1));
  }

  @Test
  void scalingOfTheArchiveIsApplied() throws Exception {
    MultiLayerNetwork net = classifier(DataType.DOUBLE);
    NormalizerStandardize normalizer =
        new NormalizerStandardize(
            Nd4j.createFromArray(new double[][] {{1, -2, 0.1, 5}}),
            Nd4j.createFromArray(new double[][] {{2, 3, 0.3, 1}}));
    Path file = directory.resolve("model.zip");
    ModelSerializer.writeModel(net, file.toFile(), false);
    ModelSerializer.addNormalizerToModel(file.toFile(), normalizer);
    INDArray features = features(rows());
    normalizer.transform(features);
    INDArray expected = net.output(features);
    TrainedModel model =
        TrainedModel.of(
            "the model", Files.readAllBytes(file), scaled(CLASSES, new Scale.FromModel()));
    List<Row> found = byId(score(model, frame(rows(), 2), OnInvalid.ERROR).rows());
    for (int i = 0; i < ROWS; i++) {
      assertThat(doubles(found.get(i), "probability")[1])
          .isEqualTo(expected.getDouble(i, 1), within(1e-13));
    }
    TrainedModel other =
        TrainedModel.of(
            "the model", Files.readAllBytes(file), scaled(CLASSES, new Scale.Factor(0.5)));
    assertThatThrownBy(() -> score(other, frame(rows(), 2), OnInvalid.ERROR))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "data.scale = 0.5 for input 'a, rest', but the model's normalizer.bin says")
        .hasMessageContaining("(x - 1.0) * 0.5");
  }

  private static List<Row> withBadRows() {
    List<Row> rows = new ArrayList<>(rows().subList(0, 4));
    rows.add(row(10, null, 1.0, 2.0, 3.0));
    rows.add(row(11, Double.NaN, 1.0, 2.0, 3.0));
    rows.add(row(12, 1.0, 1.0, 2.0));
    rows.add(row(13, 1.0, 1.0, null, 2.0));
    return rows;
  }

  @Test
  void rowsThatCannotBeScoredAreAnErrorOrLeftOutOrKept() throws Exception {
    TrainedModel model =
        TrainedModel.of("the model", archive(classifier(DataType.DOUBLE)), CLASSES);
    Dataset<Row> rows = frame(withBadRows(), 2);
    assertThatThrownBy(() -> score(model, rows, OnInvalid.ERROR).rows().collectAsList())
        .isInstanceOf(SparkException.class)
        .hasMessageContaining("cannot be scored: column ");
    RowScoring.Scored skipped = score(model, rows, OnInvalid.SKIP);
    assertThat(byId(skipped.rows()))
        .extracting(row -> row.getLong(0))
        .containsExactly(0L, 1L, 2L, 3L);
    RowScoring.Scored kept = score(model, rows, OnInvalid.KEEP);
    List<Row> all = byId(kept.rows());
    assertThat(all).hasSize(8);
    for (Row row : all) {
      assertThat(row.isNullAt(6)).as(row.toString()).isEqualTo(row.getLong(0) >= 10);
      assertThat(row.isNullAt(7)).isEqualTo(row.getLong(0) >= 10);
    }
    assertThat(kept.counts().unscorable()).isEqualTo(4);
  }

  /** The first row is not what others are held to: the model says how long arrays are. */
  @Test
  void wrongFirstRowDoesNotDecideHowLongArraysAre() throws Exception {
    TrainedModel model =
        TrainedModel.of("the model", archive(classifier(DataType.DOUBLE)), CLASSES);
    List<Row> rows = new ArrayList<>(List.of(row(100, 1.0, 1.0, 2.0)));
    rows.addAll(rows());
    assertThat(score(model, frame(rows, 1), OnInvalid.SKIP).rows().count()).isEqualTo(ROWS);
  }

  @Test
  void namesOfClassesAreThePredictions() throws Exception {
    ColumnSettings named =
        new ColumnSettings(
            List.of("label"),
            OptionalInt.of(3),
            List.of(),
            OptionalInt.empty(),
            List.of("red", "green", "blue"));
    MultiLayerNetwork net = classifier(DataType.DOUBLE);
    TrainedModel model =
        TrainedModel.of("the model", archive(net), settings(List.of(values("a", "rest")), named));
    INDArray expected = net.output(features(rows()));
    List<Row> found = byId(score(model, frame(rows(), 2), OnInvalid.ERROR).rows());
    for (int i = 0; i < ROWS; i++) {
      assertThat(found.get(i).getString(6))
          .isEqualTo(named.classNames().get(expected.getRow(i).argMax(0).getInt(0)));
    }
  }

  /** The files beside the models hold what Keras itself predicted. */
  @ParameterizedTest
  @CsvSource({
    "separable-batchnorm, 9, 8, 3",
    "conv1d-batchnorm, 10, 3, 1",
    "lstm-batchnorm, 10, 3, 1"
  })
  void kerasModelPredictsWhatKerasPredicts(String name, int one, int two, int three)
      throws Exception {
    List<Integer> shape = three == 1 ? List.of(one, two) : List.of(one, two, three);
    ColumnSettings input =
        new ColumnSettings(List.of("rest"), OptionalInt.empty(), shape, OptionalInt.empty());
    TrainedModel model =
        TrainedModel.of(name, resource(name + ".h5"), settings(List.of(input), values("y")));
    INDArray inputs = numpy(name + "-x.npy");
    INDArray expected = numpy(name + "-outputs.npy");
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < inputs.size(0); i++) {
      double[] flat = inputs.tensorAlongDimension(i, tail(inputs)).dup('c').data().asDouble();
      rows.add(row(i, 0.0, Arrays.stream(flat).boxed().toArray(Double[]::new)));
    }
    List<Row> found = byId(score(model, frame(rows, 2), OnInvalid.ERROR).rows());
    for (int i = 0; i < rows.size(); i++) {
      double[] predicted = doubles(found.get(i), "prediction");
      for (int c = 0; c < predicted.length; c++) {
        assertThat(predicted[c]).isEqualTo(expected.getDouble(i, c), within(1e-5));
      }
    }
  }

  private static int[] tail(INDArray array) {
    return java.util.stream.IntStream.range(1, array.rank()).toArray();
  }

  private static byte[] resource(String name) throws Exception {
    try (java.io.InputStream in = TrainedModelTest.class.getResourceAsStream("/keras/" + name)) {
      return in.readAllBytes();
    }
  }

  private INDArray numpy(String name) throws Exception {
    Path file = Files.write(directory.resolve(name), resource(name));
    return Nd4j.createFromNpyFile(file.toFile()).castTo(DataType.DOUBLE);
  }

  @Test
  void columnThatIsThereAlreadyIsRefused() throws Exception {
    TrainedModel model =
        TrainedModel.of("the model", archive(classifier(DataType.DOUBLE)), CLASSES);
    Dataset<Row> rows = frame(rows(), 1).withColumnRenamed("text", "Prediction");
    assertThatThrownBy(() -> score(model, rows, OnInvalid.ERROR))
        .hasMessage("the data has a column 'prediction' already, as the output would be called");
  }

  @Test
  void modelThatDoesNotTakeTheColumnsIsRefusedBeforeAnyRowIsRead() throws Exception {
    TrainedModel model =
        TrainedModel.of(
            "the model",
            archive(classifier(DataType.DOUBLE)),
            settings(List.of(values("a")), classes("label", 3)));
    Dataset<Row> rows = frame(rows(), 1);
    assertThatThrownBy(() -> score(model, rows, OnInvalid.ERROR))
        .hasMessageContaining("the model does not fit the data (inputs a [1])");
    assertThatThrownBy(() -> score(model, rows.drop("a"), OnInvalid.ERROR))
        .hasMessageContaining("the rows: no column 'a'");
  }

  @Test
  void stepsOfASequenceThatExistAreScored() throws Exception {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .list()
                .layer(new LSTM.Builder().nIn(1).nOut(5).activation(Activation.TANH).build())
                .layer(
                    new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(5)
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
    net.init();
    ColumnSettings input =
        new ColumnSettings(List.of("rest"), OptionalInt.empty(), List.of(), OptionalInt.of(4));
    ColumnSettings output =
        new ColumnSettings(List.of("y"), OptionalInt.of(2), List.of(), OptionalInt.of(4));
    TrainedModel model =
        TrainedModel.of("the model", archive(net), settings(List.of(input), output));
    List<Row> rows =
        List.of(row(0, 0.0, 0.5, -1.0), row(1, 0.0, 1.0, 2.0, 3.0, 4.0), row(2, 0.0, -0.25));
    List<Row> found = byId(score(model, frame(rows, 2), OnInvalid.ERROR).rows());
    for (int i = 0; i < rows.size(); i++) {
      Double[] steps = (Double[]) rows.get(i).get(3);
      double[] series = Arrays.stream(steps).mapToDouble(Double::doubleValue).toArray();
      INDArray expected = net.output(Nd4j.createFromArray(new double[][][] {{series}}));
      List<Double> second = new ArrayList<>();
      for (Object step : found.get(i).getList(7)) {
        second.add((Double) ((scala.collection.Seq<?>) step).apply(1));
      }
      assertThat(second).hasSize(series.length);
      for (int t = 0; t < series.length; t++) {
        assertThat(second.get(t)).isEqualTo(expected.getDouble(0, 1, t), within(1e-14));
      }
      assertThat(found.get(i).getList(6)).hasSize(series.length);
    }
  }

  @Test
  void severalInputsAndOutputsHaveColumnsOfTheirOwn() throws Exception {
    ComputationGraph net =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .graphBuilder()
                .addInputs("one", "three")
                .addLayer("left", new DenseLayer.Builder().nIn(1).nOut(4).build(), "one")
                .addLayer("right", new DenseLayer.Builder().nIn(3).nOut(4).build(), "three")
                .addLayer(
                    "price",
                    new OutputLayer.Builder(LossFunction.MSE)
                        .nIn(8)
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .build(),
                    "left",
                    "right")
                .addLayer(
                    "sold",
                    new OutputLayer.Builder(LossFunction.XENT)
                        .nIn(4)
                        .nOut(1)
                        .activation(Activation.SIGMOID)
                        .build(),
                    "left")
                .setOutputs("price", "sold")
                .build());
    net.init();
    TrainedModel model =
        TrainedModel.of(
            "the model",
            archive(net),
            settings(List.of(values("a"), values("rest")), values("p"), classes("s", 2)));
    INDArray all = features(rows());
    INDArray[] expected = net.output(all.getColumns(0), all.getColumns(1, 2, 3));
    Dataset<Row> scored = score(model, frame(rows(), 2), OnInvalid.ERROR).rows();
    assertThat(scored.columns())
        .containsSequence("prediction_price", "prediction_sold", "probability_sold");
    List<Row> found = byId(scored);
    for (int i = 0; i < ROWS; i++) {
      assertThat(found.get(i).getDouble(6)).isEqualTo(expected[0].getDouble(i, 0), within(1e-13));
      double sold = expected[1].getDouble(i, 0);
      assertThat(doubles(found.get(i), "probability_sold"))
          .containsExactly(new double[] {1 - sold, sold}, within(1e-13));
      assertThat(found.get(i).getInt(7)).isEqualTo(sold > 0.5 ? 1 : 0);
    }
  }
}

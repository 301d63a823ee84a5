/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.classes;
import static io.cairn.data.source.SparkFixture.collect;
import static io.cairn.data.source.SparkFixture.prepare;
import static io.cairn.data.source.SparkFixture.rows;
import static io.cairn.data.source.SparkFixture.scaled;
import static io.cairn.data.source.SparkFixture.sequence;
import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.shaped;
import static io.cairn.data.source.SparkFixture.source;
import static io.cairn.data.source.SparkFixture.validated;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Scaling;
import io.cairn.data.Shard;
import io.cairn.data.ValidationBatches;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.preprocessor.DataNormalization;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerMinMaxScaler;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;

/** The fitted scaling is that of DL4J's normalizers, and a function of the training data alone. */
class ScalingFitTest {
  private static final DataType ARRAY = DataTypes.createArrayType(DataTypes.DoubleType);

  @TempDir Path directory;

  @Test
  void flatFeaturesAreScaledAsDl4jDoes() throws Exception {
    Random random = new Random(1);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      // The third is constant, the fourth a large number that varies little.
      rows.add(
          RowFactory.create(
              List.of(random.nextGaussian(), i * 3.0 - 7, 5.0, 1e6 + random.nextDouble()), 0));
    }
    assertSameAsDl4j(rows, values("v"));
  }

  @Test
  void imagesAreScaledAChannelAtATimeAsDl4jDoes() throws Exception {
    Random random = new Random(2);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      List<Double> image = new ArrayList<>();
      for (int j = 0; j < 12; j++) {
        image.add(random.nextDouble() * (j < 6 ? 255 : 1));
      }
      rows.add(RowFactory.create(image, 0));
    }
    assertSameAsDl4j(rows, shaped("v", 2, 3, 2));
  }

  @Test
  void sequencesAreScaledOverTheStepsThatExistAsDl4jDoes() throws Exception {
    Random random = new Random(3);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      List<Double> steps = new ArrayList<>();
      for (int j = 0; j <= random.nextInt(5); j++) {
        steps.add(random.nextGaussian() * 4 + 9);
      }
      rows.add(RowFactory.create(steps, 0));
    }
    assertSameAsDl4j(rows, sequence(5, "v"));
  }

  @Test
  void statisticsDoNotDependOnFilesAndOrder() {
    Random random = new Random(4);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      rows.add(RowFactory.create(List.of(random.nextGaussian() * Math.pow(10, i % 9)), 0));
    }
    Scaling one = prepare(standard(write("one", rows, 1)), 1, ElementKind.FLOAT64).info().scaling();
    Collections.shuffle(rows, random);
    Scaling many =
        prepare(standard(write("many", rows, 7)), 1, ElementKind.FLOAT64).info().scaling();
    assertThat(many).isEqualTo(one);
  }

  @Test
  void heldOutExamplesDoNotEnterTheStatistics() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      rows.add(RowFactory.create(List.of((double) i), 0));
    }
    PreparedData data = prepare(validated(standard(write("held", rows, 2)), 0.4), 1);
    double sum = 0;
    List<byte[]> records = collect(data.trainShards(1)).get(0);
    for (byte[] record : records) {
      sum += ByteBuffer.wrap(record).order(ExampleLayout.BYTE_ORDER).getFloat(0);
    }
    assertThat(data.info().scaling().inputs().get(0).mean().get(0))
        .isCloseTo(sum / records.size(), within(1e-12));
  }

  @Test
  void aFactorAndNoneNeedNoStatistics() {
    Path path = write("plain", List.of(RowFactory.create(List.of(1.0), 0)), 1);
    DataSettings data = standard(path);
    assertThat(prepare(scaled(data, new Scale.Factor(0.5)), 1).info().scaling())
        .isEqualTo(Scaling.times(0.5));
    assertThat(prepare(scaled(data, new Scale.None()), 1).info().scaling())
        .isEqualTo(Scaling.none());
  }

  private void assertSameAsDl4j(List<Row> rows, ColumnSettings input) throws Exception {
    Path path = write("data", rows, 3);
    DataSettings data = settings(source(path, "parquet"), List.of(input), List.of(classes("y", 2)));
    check(scaled(data, new Scale.Standard()), new NormalizerStandardize());
    check(scaled(data, new Scale.MinMax()), new NormalizerMinMaxScaler());
  }

  private void check(DataSettings settings, DataNormalization normalizer) throws Exception {
    PreparedData data = prepare(settings, 1, ElementKind.FLOAT64);
    DataSet expected = batch(data, Scaling.none());
    normalizer.fit(expected);
    normalizer.transform(expected);
    INDArray mask = expected.getFeaturesMaskArray();
    if (mask != null) {
      // DL4J shifts the padding too; it is masked everywhere.
      expected.getFeatures().muli(mask.reshape(mask.size(0), 1, mask.size(1)));
    }
    INDArray difference =
        batch(data, data.info().scaling()).getFeatures().sub(expected.getFeatures());
    // DL4J is no more exact than this for images.
    assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-6);
  }

  private DataSet batch(PreparedData data, Scaling scaling) throws Exception {
    List<byte[]> records = collect(data.trainShards(1)).get(0);
    try (Shard shard = Shard.stage(records.iterator(), data.info().layout(), scaling, directory);
        ValidationBatches batches = ValidationBatches.start(shard, records.size())) {
      MultiDataSet batch = batches.next().orElseThrow();
      return new DataSet(
          batch.getFeatures(0).dup(),
          batch.getLabels(0).dup(),
          batch.getFeaturesMaskArray(0) == null ? null : batch.getFeaturesMaskArray(0).dup(),
          null);
    }
  }

  private static DataSettings standard(Path path) {
    return scaled(
        settings(source(path, "parquet"), List.of(values("v")), List.of(classes("y", 2))),
        new Scale.Standard());
  }

  private Path write(String name, List<Row> rows, int files) {
    StructType schema = new StructType().add("v", ARRAY).add("y", DataTypes.IntegerType);
    Path path = directory.resolve(name);
    rows(schema, rows).repartition(files).write().parquet(path.toString());
    return path;
  }
}

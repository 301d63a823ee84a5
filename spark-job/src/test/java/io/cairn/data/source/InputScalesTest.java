/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.classes;
import static io.cairn.data.source.SparkFixture.rows;
import static io.cairn.data.source.SparkFixture.scaled;
import static io.cairn.data.source.SparkFixture.sequence;
import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.source;
import static io.cairn.data.source.SparkFixture.spark;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.cairn.data.DataException;
import io.cairn.data.ElementKind;
import io.cairn.data.ModelDemand;
import io.cairn.data.Scaling;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import io.cairn.settings.InputForm;
import io.cairn.settings.Scale;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Indices of an embedding stay what they are, whatever happens to the inputs beside them. */
class InputScalesTest {
  @TempDir Path directory;

  @Test
  void aScalingOfIndicesIsRefusedAndTheInputsOwnHelps() {
    Path path = write(1, 2, 9);
    DataSettings all =
        scaled(
            settings(
                source(path, "parquet"),
                List.of(sequence(3, "words"), values("x")),
                List.of(classes("y", 2))),
            new Scale.Standard());
    assertThat(problems(all))
        .containsExactly(
            "data.scale: input 'words' holds indices of the model's embedding, 0 to 9, which no"
                + " scaling may change; data.scale = none, or data.inputs = [{ columns = ..., scale ="
                + " none }] for this input alone");
    DataSettings apart =
        scaled(
            settings(
                source(path, "parquet"),
                List.of(own(sequence(3, "words"), new Scale.None()), values("x")),
                List.of(classes("y", 2))),
            new Scale.Standard());
    Scaling scaling = prepare(apart);
    assertThat(scaling.shift(0, 0)).isZero();
    assertThat(scaling.factor(0, 0)).isEqualTo(1);
    assertThat(scaling.shift(1, 0)).isCloseTo(3, within(1e-12));
    assertThat(scaling.factor(1, 0)).isCloseTo(1 / Math.sqrt(8.0 / 3), within(1e-12));
  }

  @Test
  void everyInputMayHaveAScalingOfItsOwn() {
    Path path = write(1, 2, 3);
    DataSettings data =
        settings(
            source(path, "parquet"),
            List.of(
                own(sequence(3, "words"), new Scale.Factor(0.25)),
                own(values("x"), new Scale.MinMax())),
            List.of(classes("y", 2)));
    Scaling scaling =
        PreparedData.prepare(
                spark(), Frames.none(), data, ElementKind.FLOAT32, ModelDemand.usual(2, 1), 1, 1)
            .info()
            .scaling();
    assertThat((8 - scaling.shift(0, 0)) * scaling.factor(0, 0)).isEqualTo(2);
    assertThat((1 - scaling.shift(1, 0)) * scaling.factor(1, 0)).isZero();
    assertThat((5 - scaling.shift(1, 0)) * scaling.factor(1, 0)).isEqualTo(1);
  }

  @Test
  void aWordThatTheEmbeddingDoesNotHaveIsCounted() {
    Path path = write(1, 10, 2.5);
    DataSettings data =
        settings(
            source(path, "parquet"),
            List.of(sequence(3, "words"), values("x")),
            List.of(classes("y", 2)));
    assertThat(problems(data))
        .singleElement()
        .asString()
        .startsWith(
            "data.train: column 'words' holds no index of the model's embedding in 2 of 3 examples: ")
        .endsWith(", where it has 0 to 9");
  }

  private static List<String> problems(DataSettings data) {
    return catchThrowableOfType(DataException.class, () -> prepare(data)).problems();
  }

  /** For a model whose first input has an embedding of ten. */
  private static Scaling prepare(DataSettings data) {
    ModelDemand usual = ModelDemand.usual(2, 1);
    ModelDemand demand =
        new ModelDemand(
            usual.inputs(),
            List.of(OptionalLong.of(10), OptionalLong.empty()),
            usual.outputs(),
            usual.classNames(),
            usual.scaling());
    return PreparedData.prepare(spark(), Frames.none(), data, ElementKind.FLOAT32, demand, 1, 1)
        .info()
        .scaling();
  }

  private static ColumnSettings own(ColumnSettings column, Scale scale) {
    return new ColumnSettings(
        column.columns(),
        column.shape(),
        column.maxSteps(),
        new InputForm(Optional.of(scale), InputForm.Image.NONE));
  }

  /** Three examples, each with one of the words among others; x is 1, 3, 5. */
  private Path write(double... words) {
    StructType schema =
        new StructType()
            .add("words", DataTypes.createArrayType(DataTypes.DoubleType))
            .add("x", DataTypes.DoubleType)
            .add("y", DataTypes.IntegerType);
    Path path = directory.resolve("data");
    rows(
            schema,
            List.of(
                RowFactory.create(List.of(words[0]), 1.0, 0),
                RowFactory.create(List.of(0.0, words[1]), 3.0, 1),
                RowFactory.create(List.of(4.0, words[2], 1.0), 5.0, 0)))
        .coalesce(1)
        .write()
        .parquet(path.toString());
    return path;
  }
}

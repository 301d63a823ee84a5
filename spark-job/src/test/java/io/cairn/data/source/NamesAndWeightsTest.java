/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.source;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.DataException;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.ModelDemand;
import io.cairn.settings.ClassWeights;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Classes with names, and examples with weights. */
class NamesAndWeightsTest {

  @TempDir Path directory;

  private Path json(String... lines) throws IOException {
    Path file =
        directory.resolve("data-" + Integer.toHexString(List.of(lines).hashCode()) + ".json");
    Files.write(file, List.of(lines));
    return file;
  }

  private static DataSettings data(Path file, int classes, List<String> names) {
    ColumnSettings label =
        new ColumnSettings(
            List.of("y"), OptionalInt.of(classes), List.of(), OptionalInt.empty(), names);
    return settings(source(file, "json"), List.of(values("x")), List.of(label));
  }

  private static DataSettings weighted(
      DataSettings data, Optional<String> weight, ClassWeights classes) {
    return new DataSettings(
        data.train(),
        data.validation(),
        OptionalDouble.empty(),
        data.inputs(),
        data.outputs(),
        data.scale(),
        weight,
        classes);
  }

  private static List<String> problems(DataSettings data) {
    DataException[] caught = new DataException[1];
    assertThatThrownBy(() -> SparkFixture.prepare(data, 1))
        .isInstanceOfSatisfying(DataException.class, e -> caught[0] = e);
    return caught[0].problems();
  }

  @Test
  void theTextOfALabelIsThePlaceOfItsNameInTheList() throws IOException {
    Path file =
        json("{\"x\":1,\"y\":\"cat\"}", "{\"x\":2,\"y\":\"bird\"}", "{\"x\":3,\"y\":\"dog\"}");
    PreparedData data = SparkFixture.prepare(data(file, 3, List.of("dog", "cat", "bird")), 1);
    Map<Float, Integer> indices = new TreeMap<>();
    for (byte[] record : data.trainShards(1).collect()) {
      ByteBuffer example = ByteBuffer.wrap(record).order(ExampleLayout.BYTE_ORDER);
      indices.put(example.getFloat(), example.getInt());
    }
    assertThat(indices).isEqualTo(Map.of(1f, 1, 2f, 2, 3f, 0));
  }

  @Test
  void namesThatComeWithTheModelServeWhereTheSettingsGiveNone() throws IOException {
    Path file = json("{\"x\":1,\"y\":\"b\"}", "{\"x\":2,\"y\":\"a\"}");
    ModelDemand usual = ModelDemand.usual(1, 1);
    ModelDemand demand =
        new ModelDemand(
            usual.inputs(),
            usual.indices(),
            usual.outputs(),
            List.of(List.of("a", "b")),
            Optional.empty());
    PreparedData data =
        PreparedData.prepare(
            SparkFixture.spark(),
            Frames.none(),
            data(file, 2, List.of()),
            ElementKind.FLOAT32,
            demand,
            1,
            1);
    assertThat(data.info().trainExamples()).isEqualTo(2);
  }

  @Test
  void aTextThatIsNoNameIsCountedAndTheNamesAreSaid() throws IOException {
    Path file =
        json("{\"x\":1,\"y\":\"cat\"}", "{\"x\":2,\"y\":\"cow\"}", "{\"x\":3,\"y\":\"Dog\"}");
    assertThat(problems(data(file, 2, List.of("dog", "cat"))))
        .containsExactly(
            "data.train: column 'y' holds no name of a class in 2 of 3 examples: 'cow', which is none of dog, cat");
  }

  @Test
  void aColumnOfTextsWithoutNamesSaysWhatItHoldsAndTheWayOut() throws IOException {
    Path file = json("{\"x\":1,\"y\":\"cat\"}", "{\"x\":2,\"y\":\"dog\"}", "{\"x\":3,\"y\":\"1\"}");
    assertThat(problems(data(file, 2, List.of())))
        .singleElement()
        .asString()
        .contains("column 'y' holds the text \"cat\" and the like in 2 of 3 rows")
        .contains("classes = [...]")
        .contains("\"cat\", \"dog\"");
  }

  @Test
  void weightsThatNothingCanBeWeightedByAreCounted() throws IOException {
    Path file =
        json(
            "{\"x\":1,\"y\":0,\"w\":-2}",
            "{\"x\":2,\"y\":1}",
            "{\"x\":3,\"y\":1,\"w\":1e300}",
            "{\"x\":4,\"y\":1,\"w\":1}");
    DataSettings weighted =
        weighted(data(file, 2, List.of()), Optional.of("w"), new ClassWeights.Alike());
    assertThat(problems(weighted))
        .containsExactly(
            "data.train: column 'w' is a negative weight in 1 of 4 examples: -2",
            "data.train: column 'w' is null in 1 of 4 examples",
            "data.train: column 'w' is infinite, or too large for the network's number format, in 1 of 4 examples: 1.0E300");
    Path zeros = json("{\"x\":1,\"y\":0,\"w\":0}", "{\"x\":2,\"y\":1,\"w\":0}");
    assertThat(
            problems(
                weighted(data(zeros, 2, List.of()), Optional.of("w"), new ClassWeights.Alike())))
        .containsExactly("data.train: the weight (data.weight = w) of every example is 0");
    assertThat(
            problems(
                weighted(data(zeros, 2, List.of()), Optional.of("v"), new ClassWeights.Alike())))
        .singleElement()
        .asString()
        .startsWith("data.train: no column 'v'");
  }

  @Test
  void balancedClassesHaveWeightsByTheirExactCounts() throws IOException {
    Path file =
        json("{\"x\":1,\"y\":0}", "{\"x\":2,\"y\":0}", "{\"x\":3,\"y\":0}", "{\"x\":4,\"y\":1}");
    PreparedData data =
        SparkFixture.prepare(
            weighted(data(file, 3, List.of()), Optional.empty(), new ClassWeights.Balanced()), 1);
    assertThat(data.info().classWeights()).containsExactly(4 / 9.0, 4 / 3.0, 0.0);
    assertThat(data.info().layout().isWeighted()).isTrue();
  }
}

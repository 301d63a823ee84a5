/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.source.Frames;
import io.cairn.data.source.RowsRead;
import io.cairn.data.source.SparkFixture;
import io.cairn.plan.AskedPlan;
import io.cairn.replica.LayerRow;
import io.cairn.replica.ModelException;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsException;
import io.cairn.settings.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that the settings describe is made for the data that they name. */
class ModelOfSettingsTest {

  private static final String FLAT = "data { features = [a, b], label = y, classes = 3 }";

  @TempDir Path directory;
  private Path table;

  @BeforeEach
  void write() {
    table = directory.resolve("table");
    SparkFixture.spark()
        .range(0, 60, 1, 2)
        .selectExpr(
            "id * 0.5 AS a",
            "id AS b",
            "id % 3 AS y",
            "array(array(id, 1.0), array(2.0, id)) AS steps",
            "transform(sequence(1, 32), i -> i * 0.1) AS pixels")
        .write()
        .parquet(table.toString());
  }

  private Settings settings(String model, String data) throws Exception {
    Path conf = directory.resolve("run.conf");
    Files.writeString(
        conf,
        """
        model.layers = %s
        data.train { path = "%s", format = parquet }
        batch { workers = 2, micro = 4, steps = 1 }
        train.epochs = 1
        output = out
        %s
        """
            .formatted(model, table, data));
    return SettingsReader.read(
        conf, List.of(), Map.of(), ModelOfSettings.checks(OptionalInt.empty()));
  }

  private Inspection inspect(String model, String data) throws Exception {
    Settings settings = settings(model, data);
    AskedPlan plan = AskedPlan.resolve(settings.batch(), OptionalInt.empty());
    ProgramInputs inputs = new ProgramInputs(Frames.none(), Optional.empty());
    return Inspection.of(SparkFixture.spark(), settings, plan, inputs, 1);
  }

  @Test
  void columnsGiveTheNumberOfInputsAndClassesThatOfUnits() throws Exception {
    Inspection inspection = inspect("[{ dense = 5 }, output]", FLAT);
    assertThat(inspection.layers())
        .containsExactly(
            new LayerRow("layer0", "DenseLayer sigmoid", List.of(5L), 15, LayerRow.Updated.YES),
            new LayerRow("layer1", "OutputLayer softmax", List.of(3L), 18, LayerRow.Updated.YES));
    assertThat(inspection.notesOnModel()).anyMatch(note -> note.contains("Adam with ND4J's"));
    assertThat(inspection.selfCheck()).isPresent();
  }

  @Test
  void shapesMakePicturesAndMaxStepsSequences() throws Exception {
    Inspection pictures =
        inspect(
            "[{ conv = 3, kernel = 2 }, { frozen { dense = 4 } }, output]",
            "data { inputs = [{ columns = pixels, shape = [2, 4, 4] }], outputs = [{ columns = y, classes = 3 }] }");
    assertThat(pictures.layers())
        .extracting(LayerRow::kind, LayerRow::shape, LayerRow::updated)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                "ConvolutionLayer sigmoid", List.of(3L, 3L, 3L), LayerRow.Updated.YES),
            org.assertj.core.groups.Tuple.tuple(
                "FrozenLayer of DenseLayer sigmoid", List.of(4L), LayerRow.Updated.NO),
            org.assertj.core.groups.Tuple.tuple(
                "OutputLayer softmax", List.of(3L), LayerRow.Updated.YES));
    Inspection sequences =
        inspect(
            "[{ last-step { lstm = 4, activation = tanh } }, output]",
            "data { inputs = [{ columns = steps, max-steps = 3 }], outputs = [{ columns = b }] }");
    assertThat(sequences.layers())
        .extracting(LayerRow::kind)
        .containsExactly("LastTimeStep of LSTM tanh", "OutputLayer identity");
  }

  @Test
  void severalInputsMakeAGraph() throws Exception {
    Inspection inspection =
        inspect(
            "[{ dense = 4, inputs = [input1, input2] }, { batch-norm {} }, output]",
            "data { inputs = [{ columns = [a, b] }, { columns = pixels }], outputs = [{ columns = y, classes = 3 }] }");
    assertThat(inspection.layers())
        .extracting(LayerRow::kind)
        .containsExactly(
            "MergeVertex", "DenseLayer sigmoid", "BatchNormalization", "OutputLayer softmax");
  }

  @Test
  void whatDoesNotFitTheDataIsToldWithFileAndLineBeforeARowIsRead() throws Exception {
    try (RowsRead rows = RowsRead.count()) {
      assertThatThrownBy(() -> inspect("[{ conv = 3, kernel = 2 }, output]", FLAT))
          .isInstanceOf(ModelException.class)
          .hasMessageStartingWith(
              directory.resolve("run.conf") + ":1: model.layers[0]: conv does not take a vector: ");
      assertThat(rows.soFar()).isZero();
    }
  }

  @Test
  void unitsThatAreNoClassesAreRefused() {
    assertThatThrownBy(() -> inspect("[{ output = 7 }]", FLAT))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("has 7 units, one a class, but classes = 3");
  }

  @Test
  void mistakesOfLayersAreToldWithAllOthers() {
    assertThatThrownBy(() -> settings("[{ dens = 5 }, output]", FLAT + ", train.epoch = 3"))
        .isInstanceOfSatisfying(
            SettingsException.class,
            wrong ->
                assertThat(wrong.problems().toString())
                    .contains("did you mean dense?")
                    .contains("did you mean train.epochs?"));
  }

  @Test
  void theModelIsWrittenAsDeeplearning4jReadsItAndNotOverAFile() throws Exception {
    Settings settings = settings("[{ dense = 5 }, output]", FLAT);
    Path to = directory.resolve("model.json");
    ModelExport export = ModelExport.write(SparkFixture.spark(), settings, 2, to.toString());
    assertThat(export.notes()).hasSize(1);
    MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(Files.readString(to));
    assertThat(read.toJson()).isEqualTo(Files.readString(to));
    assertThatThrownBy(() -> ModelExport.write(SparkFixture.spark(), settings, 2, to.toString()))
        .isInstanceOf(LaunchException.class)
        .hasMessage("--to " + to + " is there already; name a file that is not");
  }
}

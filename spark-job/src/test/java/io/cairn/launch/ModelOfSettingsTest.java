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
import org.apache.spark.SparkConf;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
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
            "transform(sequence(1, 32), i -> i * 0.1) AS pixels",
            "CAST('no picture' AS BINARY) AS picture")
        .write()
        .parquet(table.toString());
  }

  private Settings settings(String model, String data, String... overrides) throws Exception {
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
        conf, List.of(overrides), Map.of(), ModelOfSettings.checks(OptionalInt.empty()));
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
    assertThat(inspection.notes().onModel()).anyMatch(note -> note.contains("Adam with ND4J's"));
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
  void mistakesOfAddedLayersAreToldBeforeTheModelIsRead() {
    String tune = "\nmodel.fine-tune { replace-output { classes = 3 }, add = [{ dense = 5 }, %s] }";
    String[] source = {"model.layers=null", "model.source=nowhere.zip"};
    assertThatThrownBy(
            () -> settings("[]", FLAT + tune.formatted("{ dense = 5, activ = relu }"), source))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("run.conf:")
        .hasMessageContaining("model.fine-tune.add[1].activ")
        .hasMessageContaining(
            "activ = relu: DenseLayer has no property activ; there are: activation,");
    assertThatThrownBy(
            () -> settings("[]", FLAT + tune.formatted("{ dense = 5, inputs = [a] }"), source))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("takes what stands before it in the model");
    assertThatThrownBy(() -> settings("[]", FLAT + tune.formatted("3"), source))
        .isInstanceOf(SettingsException.class);
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

  @Test
  void whereChannelsStandIsSaidOnce() {
    String picture =
        "model.channels = last, data { inputs = [{ columns = picture, shape = [1, 8, 8], image = channels-first }], outputs = [{ columns = y, classes = 3 }] }";
    assertThatThrownBy(() -> inspect("[{ conv = 3, kernel = 2 }, output]", picture))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "model.channels = last contradicts data.inputs[0].image = channels-first; leave model.channels out");
    assertThatThrownBy(() -> inspect("[output]", "model.channels = first, " + FLAT))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "model.channels = first: no input has channels, as one with a shape or max-steps has; leave it out");
  }

  @Test
  void aShapeOfFiveLengthsIsNamed() {
    assertThatThrownBy(
            () ->
                inspect(
                    "[{ dense = 4 }, output]",
                    "data { inputs = [{ columns = pixels, shape = [1, 2, 2, 2, 4] }], outputs = [{ columns = y, classes = 3 }] }"))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "data.inputs[0].shape = [1, 2, 2, 2, 4]: model.layers takes at most four lengths, those of a volume");
  }

  @Test
  void anUpdaterOfTheRunIsNotInTheFileAndThatIsSaid() throws Exception {
    Settings settings =
        settings(
            "[{ dense = 5 }, output]",
            FLAT,
            "train.updater.type=sgd",
            "train.updater.learning-rate=0.1");
    Path to = directory.resolve("model.json");
    assertThat(ModelExport.write(SparkFixture.spark(), settings, 2, to.toString()).notes())
        .containsExactly(
            "train.updater is not in it; a run of these settings puts it in place of the model's own updater");
  }

  @Test
  void aTunedModelIsWrittenAsItIsTrained() throws Exception {
    Path plain = directory.resolve("plain.json");
    ModelExport.write(
        SparkFixture.spark(), settings("[{ dense = 5 }, output]", FLAT), 2, plain.toString());
    MultiLayerNetwork net =
        new MultiLayerNetwork(MultiLayerConfiguration.fromJson(Files.readString(plain)));
    net.init();
    Path zip = directory.resolve("m.zip");
    net.save(zip.toFile());
    Settings settings =
        settings("[output]", FLAT, "model.source=" + zip, "model.fine-tune.freeze=layer0");
    Path to = directory.resolve("tuned.json");
    assertThat(ModelExport.write(SparkFixture.spark(), settings, 2, to.toString()).notes())
        .anyMatch(note -> note.contains("parameters are frozen (layer0)"))
        .contains("the model's parameters are not in it, only its configuration");
    assertThat(MultiLayerConfiguration.fromJson(Files.readString(to)).getConf(0).getLayer())
        .isInstanceOf(FrozenLayer.class);
  }

  @Test
  void aPlaceThatCannotBeIsToldBeforeSparkStarts() throws Exception {
    Settings settings = settings("[output]", FLAT);
    SparkSource.Own none = new SparkSource.Own(new SparkConf(false));
    assertThatThrownBy(() -> ModelExport.of(settings, 2, none, "foo://x"))
        .isInstanceOf(LaunchException.class)
        .hasMessageStartingWith("--to foo://x: No FileSystem for scheme \"foo\"");
    assertThatThrownBy(() -> ModelExport.of(settings, 2, none, ""))
        .isInstanceOf(LaunchException.class)
        .hasMessageStartingWith("--to : Can not create a Path from an empty string");
  }
}

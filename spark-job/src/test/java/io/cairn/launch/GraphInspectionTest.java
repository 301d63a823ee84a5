/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.DataException;
import io.cairn.data.source.Frames;
import io.cairn.data.source.RowsRead;
import io.cairn.data.source.SparkFixture;
import io.cairn.plan.AskedPlan;
import io.cairn.replica.Graphs;
import io.cairn.replica.InputScaling;
import io.cairn.replica.ModelException;
import io.cairn.replica.Replica;
import io.cairn.scoring.OutputMeaning;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;

/** What does not go with a graph is said in a sentence before the run costs anything. */
class GraphInspectionTest {

  private static final String SEQUENCES =
      """
      inputs = [
        { columns = attention_mask, max-steps = 12 }
        { columns = input_ids, max-steps = 12 }
        { columns = token_type_ids, max-steps = 12 }
      ]
      outputs = [{ columns = label, classes = 3 }]
      """;

  private static final String NEW_OUTPUT =
      """
      loss = sparse
      output = "/model/bert/encoder/layer.1/output/LayerNorm/LayerNormalization_output_0"
      fine-tune { freeze-until = model.bert.encoder, replace-output { pooling = mean } }
      """;

  private static final int ROWS = 200;

  @TempDir Path directory;
  private Path table;

  @BeforeEach
  void sentences() {
    table = directory.resolve("table");
    SparkFixture.spark()
        .range(0, ROWS, 1, 2)
        .selectExpr(
            "transform(sequence(0, id % 12), x -> 1 + (x + id) % 39) AS input_ids",
            "transform(sequence(0, id % 12), x -> 1) AS attention_mask",
            "transform(sequence(0, id % 12), x -> 0) AS token_type_ids",
            "transform(sequence(0, id % 12), x -> 40) AS others",
            "transform(sequence(0, id % 12), x -> 1.5) AS halves",
            "transform(sequence(0, id % 12), x -> x % 3) AS tags",
            "transform(sequence(0, id % 12), x -> (x + id) % 11) AS few",
            "id % 3 AS label")
        .write()
        .parquet(table.toString());
  }

  private Inspection inspected(String model, String data, String train) throws Exception {
    return inspected(
        Path.of("src/test/resources/io/cairn/replica/onnx/bert_op17.onnx").toAbsolutePath(),
        model,
        data,
        train);
  }

  private Inspection inspected(Path source, String model, String data, String train)
      throws Exception {
    Path conf = directory.resolve("run.conf");
    Files.writeString(
        conf,
        """
        model {
        source = "%s"
        %s
        }
        data { train { path = "%s", format = parquet }
        %s
        }
        batch { workers = 2, micro = 4, steps = 1 }
        train { epochs = 1, %s }
        output = out
        """
            .formatted(source, model, table, data, train));
    Settings settings = SettingsReader.read(conf, List.of());
    AskedPlan plan = AskedPlan.resolve(settings.batch(), OptionalInt.empty());
    ProgramInputs inputs = new ProgramInputs(Frames.none(), Optional.empty());
    return Inspection.of(SparkFixture.spark(), settings, plan, inputs, 1);
  }

  private void requireRefused(String model, String data, String train, String words)
      throws Exception {
    try (RowsRead rows = RowsRead.count()) {
      assertThatThrownBy(() -> inspected(model, data, train))
          .isInstanceOfAny(ModelException.class, DataException.class, LaunchException.class)
          .hasMessageContaining(words);
      // A few are looked at to see how long arrays are.
      assertThat(rows.soFar()).as(words).isLessThan(ROWS);
    }
  }

  @Test
  void sentencesAreMatchedByNameInWhateverOrder() throws Exception {
    Inspection inspection = inspected("loss = sparse", SEQUENCES, "");
    assertThat(inspection.model().indexInputs())
        .containsExactly(OptionalLong.of(1 << 24), OptionalLong.of(40), OptionalLong.of(2));
    assertThat(inspection.estimate().toString()).isNotEmpty();
    inspection.data().close();
  }

  /** From settings to what is scored: of both files that the run leaves. */
  @Test
  void aNewOutputOverAFrozenEncoderIsPlannedAndWhatTheRunLeavesIsScored() throws Exception {
    Inspection inspection = inspected(NEW_OUTPUT, SEQUENCES, "");
    assertThat(inspection.notes().onModel())
        .anyMatch(note -> note.contains("parameters, are frozen: they stay as they are"))
        .anyMatch(note -> note.startsWith("2 variables are trained: head.bias, head.weight"))
        .anyMatch(note -> note.startsWith("output head.logits is new, of the mean of /model"));
    assertThat(inspection.selfCheck()).isPresent();
    Path zip = directory.resolve("model.zip");
    try (Replica replica = new Replica(inspection.model().archive(), 0)) {
      replica.write(zip, InputScaling.none());
    }
    Path onnx = directory.resolve("model.onnx");
    try (FileSystem files = FileSystems.newFileSystem(zip)) {
      Files.copy(files.getPath("model.onnx"), onnx);
    }
    for (Path left : List.of(zip, onnx)) {
      TrainedModel trained =
          new ModelToScore("--model", left.toString())
              .read(inspection.settings(), SparkFixture.spark().sparkContext().conf());
      OutputMeaning meaning = trained.meanings(inspection.data().info().layout()).get(0);
      assertThat(meaning.name()).isEqualTo("head.logits");
      assertThat(meaning.kind()).isEqualTo(OutputMeaning.Kind.CLASS);
      assertThat(meaning.units()).isEqualTo(3);
    }
    inspection.data().close();
  }

  @Test
  void whatTheSettingsAskInVainIsSaidBeforeARowIsRead() throws Exception {
    requireRefused(
        "loss = sparse",
        SEQUENCES + "scale = standard",
        "",
        "data.scale: input 'attention_mask' holds indices");
    requireRefused(
        "loss = sparse",
        SEQUENCES.replace("max-steps = 12", "max-steps = 30"),
        "",
        "does not fit the data");
    requireRefused(
        "loss = sparse, fine-tune { freeze-until = encoder }",
        SEQUENCES,
        "",
        "model.fine-tune.freeze-until = encoder: ");
    requireRefused("", SEQUENCES, "", "model.loss = softmax-cross-entropy, sparse");
    requireRefused(
        NEW_OUTPUT.replace("mean", "none"), SEQUENCES, "", "replace-output.pooling = none");
    requireRefused("loss = sparse, output = logit", SEQUENCES, "", "model.output = logit");
    requireRefused(
        "loss = sparse",
        SEQUENCES,
        "updater { type = adam-w, learning-rate = 1e-3, groups = [{ layers = nowhere, weight-decay = 0 }] }",
        "no parameters are left for the group 'nowhere'");
  }

  /** Steps that only pad would count as ones whose label is 0. */
  @Test
  void labelsOfStepsThatTheLossWouldCountWithTheirPaddingAreRefusedBeforeARowIsRead()
      throws Exception {
    String data =
        """
        inputs = [{ columns = attention_mask, max-steps = 12 }, { columns = few, max-steps = 12 }]
        outputs = [{ columns = [halves, tags, others], max-steps = 12 }]
        scale = none
        """;
    Path file = directory.resolve("tokens.fb");
    Files.write(file, Graphs.file(Graphs.tokens(DataType.FLOAT, false)));
    for (String loss : List.of("mse", "sigmoid")) {
      try (RowsRead rows = RowsRead.count()) {
        assertThatThrownBy(() -> inspected(file, "loss = " + loss, data, ""))
            .isInstanceOf(ModelException.class)
            .hasMessageContaining(
                "output logits: its labels are sequences (max-steps), and its loss (%s) would count"
                    .formatted(loss));
        assertThat(rows.soFar()).isLessThan(ROWS);
      }
    }
    Inspection tokens =
        inspected(
            file,
            "loss = token-cross-entropy",
            data.replace(
                "[halves, tags, others], max-steps = 12", "tags, max-steps = 12, classes = 3"),
            "");
    tokens.data().close();
  }

  @Test
  void aColumnWithTheNameOfAnotherInputIsRefused() throws Exception {
    requireRefused(
        "loss = sparse",
        SEQUENCES
            .replace("columns = attention_mask", "columns = others")
            .replace("columns = input_ids", "columns = attention_mask"),
        "",
        "column 'attention_mask' would go into the input input_ids, and has the name of another");
  }

  @Test
  void idsThatTheModelDoesNotHaveAreFoundInTheData() {
    for (String column : List.of("others", "halves")) {
      String ids = SEQUENCES.replace("columns = input_ids", "columns = " + column);
      assertThatThrownBy(() -> inspected("loss = sparse", ids, ""))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("column '" + column + "' holds no index of the model's embedding");
    }
  }
}

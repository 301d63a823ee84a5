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
import io.cairn.replica.ModelException;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a model is said before the data is read: that may take an hour. */
class InspectionTest {

  @TempDir Path directory;

  @Test
  void modelOfOtherInputsIsRefusedBeforeARowIsRead() throws Exception {
    assertRefused("data { features = [a, b, c], label = y, classes = 3 }")
        .hasMessageContaining("iris-mlp.json does not fit the data (inputs a, b, c [3], outputs y");
  }

  @Test
  void modelOfOtherOutputsIsRefusedBeforeARowIsRead() throws Exception {
    assertRefused("data { features = [a, b, c, d], label = [y, a] }")
        .hasMessageContaining("iris-mlp.json does not fit the data (")
        .hasMessageContaining("output 0 has shape [3] an example, the labels have shape [2]");
  }

  @Test
  void modelOfOtherClassesIsRefusedBeforeARowIsRead() throws Exception {
    assertRefused("data { features = [a, b, c, d], label = y, classes = 4 }")
        .hasMessageContaining("has 3 units, one a class, but classes = 4");
  }

  @Test
  void aStageThatTheRunNeverComesToHasNoThreads() throws Exception {
    String later = "batch.schedule = [{ from-epoch = %d, steps = 8 }]";
    String data = "data { features = [a, b, c, d], label = y, classes = 3 }\n";
    assertThat(threads(data + later.formatted(2))).isEqualTo(1);
    assertThat(threads(data + later.formatted(1))).isEqualTo(4);
  }

  @Test
  void whatIsSaidOfTheBatchAndHasNoEffectIsTold() throws Exception {
    String first = "batch.schedule = [{ from-epoch = 1, steps = 2 }]";
    String second = "batch.schedule = [{ from-epoch = 2, steps = 2 }]";
    assertThat(notes(first))
        .containsExactly(
            "batch.steps = 1 has no effect: batch.schedule has steps = 2 from epoch 1 on");
    assertThat(notes("batch.effective = 8\n" + first))
        .containsExactly(
            "batch.steps = 1 and batch.effective = 8 have no effect: batch.schedule has steps = 2"
                + " from epoch 1 on");
    assertThat(notes("batch.steps = 2\n" + first)).isEmpty();
    assertThat(notes("train.epochs = 2\n" + second)).isEmpty();
    assertThat(notes(second))
        .containsExactly(
            "batch.schedule: the run ends with epoch 1, before steps = 2 from epoch 2 on");
    // How many workers there are follows from the steps here.
    assertThat(notes("batch = null, batch { effective = 8, micro = 4, steps = 1 }\n" + first))
        .isEmpty();
  }

  private List<String> notes(String batch) throws Exception {
    return inspection("data { features = [a, b, c, d], label = y, classes = 3 }\n" + batch)
        .notes()
        .onBatch();
  }

  private int threads(String more) throws Exception {
    return inspection(more).threads().number();
  }

  private Inspection inspection(String more) throws Exception {
    Settings settings = settings(more);
    AskedPlan plan = AskedPlan.resolve(settings.batch(), OptionalInt.empty());
    ProgramInputs inputs = new ProgramInputs(Frames.none(), Optional.empty());
    return Inspection.of(SparkFixture.spark(), settings, plan, inputs, 4);
  }

  private org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
      String data) throws Exception {
    Settings settings = settings(data);
    AskedPlan plan = AskedPlan.resolve(settings.batch(), OptionalInt.empty());
    ProgramInputs inputs = new ProgramInputs(Frames.none(), Optional.empty());
    SparkSession spark = SparkFixture.spark();
    try (RowsRead rows = RowsRead.count()) {
      assertThatThrownBy(() -> Inspection.of(spark, settings, plan, inputs, 1))
          .isInstanceOf(ModelException.class);
      var refused =
          assertThatThrownBy(() -> Inspection.ofRun(spark, settings, plan, inputs, 1))
              .isInstanceOf(ModelException.class);
      assertThat(rows.soFar()).isZero();
      return refused;
    }
  }

  private Settings settings(String more) throws Exception {
    Path table = directory.resolve("table");
    SparkFixture.spark()
        .range(0, 1000, 1, 2)
        .selectExpr("id * 0.5 AS a", "id AS b", "id AS c", "id AS d", "id % 3 AS y")
        .write()
        .mode("overwrite")
        .parquet(table.toString());
    Path conf = directory.resolve("run.conf");
    Files.writeString(
        conf,
        """
        model.source = "%s/conf/models/iris-mlp.json"
        data.train { path = "%s", format = parquet }
        batch { workers = 2, micro = 4, steps = 1 }
        train.epochs = 1
        output = out
        %s
        """
            .formatted(Path.of("..").toAbsolutePath().normalize(), table, more));
    return SettingsReader.read(conf, List.of());
  }
}

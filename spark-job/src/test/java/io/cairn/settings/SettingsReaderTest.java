/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.settings.BatchSettings.MicroSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsReaderTest {

  static final String DIGITS =
      """
      name = digits
      seed = 7
      model.source = "conf/models/digits-mlp.json"
      data {
        train { path = "data/digits.parquet", format = parquet }
        features = ["pixel_*"]
        label = digit
        classes = 10
        scale = standard
      }
      batch { workers = 2, micro = 32, steps = 8 }
      train { epochs = 5 }
      output = "runs/digits"
      """;

  @TempDir Path folder;

  @Test
  void theContractsExampleIsRead() {
    Settings settings = read(DIGITS);
    assertThat(settings.name()).isEqualTo("digits");
    assertThat(settings.seed()).isEqualTo(7);
    assertThat(settings.data().train().files().orElseThrow().format()).isEqualTo("parquet");
    assertThat(settings.data().inputs())
        .containsExactly(
            new ColumnSettings(
                List.of("pixel_*"), OptionalInt.empty(), List.of(), OptionalInt.empty()));
    assertThat(settings.data().outputs())
        .containsExactly(
            new ColumnSettings(
                List.of("digit"), OptionalInt.of(10), List.of(), OptionalInt.empty()));
    assertThat(settings.data().scale()).isEqualTo(new Scale.Standard());
    assertThat(settings.batch().micro()).hasValue(32);
    assertThat(settings.batch().effective()).isEmpty();
    assertThat(settings.train().epochs()).hasValue(5);
  }

  @Test
  void settingsThatARunCouldNotReadAgainAreRefused() {
    String names =
        IntStream.range(0, 300_000)
            .mapToObj("class-%06d"::formatted)
            .collect(Collectors.joining(","));
    assertThatThrownBy(() -> read(DIGITS.replace("classes = 10", "classes = [" + names + "]")))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining(
            "bytes as JSON, and a run keeps at most 3,145,728 of them; a large model");
  }

  @Test
  void whatIsNotGivenHasTheDocumentedDefault() {
    Settings settings = read(DIGITS.replace("name = digits", "").replace("seed = 7", ""));
    assertThat(settings.name()).isEqualTo("job");
    assertThat(settings.seed()).isEqualTo(1);
    assertThat(settings.checkpoint())
        .isEqualTo(new CheckpointSettings(100, 3, OptionalLong.empty()));
    assertThat(settings.recovery())
        .isEqualTo(
            new RecoverySettings(
                100, 5, Duration.ofHours(1), Duration.ofMinutes(10), 3, Duration.ofSeconds(30)));
    assertThat(settings.collective())
        .isEqualTo(
            new CollectiveSettings(
                Duration.ofSeconds(60),
                PortRange.ANY,
                CollectiveSettings.Encryption.ON,
                CollectiveSettings.SharedMemory.ON,
                CollectiveSettings.Precision.EXACT));
    assertThat(settings.compute()).isEqualTo(ComputeSettings.AUTO);
    assertThat(settings.tracking()).isEqualTo(TrackingSettings.NONE);
    assertThat(settings.train().onNonFinite()).isEqualTo(TrainSettings.OnNonFinite.FAIL);
    assertThat(settings.train().selfCheck()).isEqualTo(TrainSettings.SelfCheck.ON);
    assertThat(settings.data().validation()).isEmpty();
    assertThat(settings.spark()).isEmpty();
  }

  @Test
  void relativePathsAreTakenFromTheWorkingDirectoryAndOthersStay() {
    Settings settings = read(DIGITS);
    assertThat(settings.model().source()).hasValue(folder + "/conf/models/digits-mlp.json");
    assertThat(settings.data().train().files().orElseThrow().path().orElseThrow())
        .isEqualTo(folder + "/data/digits.parquet");
    assertThat(settings.output()).isEqualTo(folder + "/runs/digits");
    Settings elsewhere =
        read(DIGITS, "output=hdfs://name-node:8020/runs//x", "data.train.path=/data/../data/*.orc");
    assertThat(elsewhere.output()).isEqualTo("hdfs://name-node:8020/runs//x");
    assertThat(elsewhere.data().train().files().orElseThrow().path().orElseThrow())
        .isEqualTo("/data/../data/*.orc");
  }

  @Test
  void theMicroBatchMayBeLeftToAProbe() {
    assertThat(read(DIGITS).batch().microSize()).isEqualTo(MicroSize.GIVEN);
    BatchSettings batch = read(DIGITS, "batch.micro=auto", "batch.steps=null").batch();
    assertThat(batch.microSize()).isEqualTo(MicroSize.PROBED);
    assertThat(batch.micro()).isEmpty();
    assertThatThrownBy(() -> read(DIGITS, "batch.micro=Auto"))
        .hasMessageContaining("--set batch.micro = Auto: must be a whole number, or auto");
  }

  @Test
  void overridesWinAndLaterOnesWinOverEarlierOnes() {
    Settings settings =
        read(
            DIGITS,
            "batch.micro=64",
            "batch.micro=16",
            "data.features=[a, \"b*\"]",
            "train.epochs=null",
            "train.updates=20",
            "seed=null",
            "collective.timeout=5s");
    assertThat(settings.batch().micro()).hasValue(16);
    assertThat(settings.data().inputs().get(0).columns()).containsExactly("a", "b*");
    assertThat(settings.train().epochs()).isEmpty();
    assertThat(settings.train().updates()).isEqualTo(OptionalLong.of(20));
    assertThat(settings.seed()).isEqualTo(1);
    assertThat(settings.collective().timeout()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void includesAndEnvironmentWorkAsInHocon() throws IOException {
    Files.writeString(folder.resolve("base.conf"), DIGITS);
    Settings settings =
        read("include \"base.conf\"\noutput = ${?HOME}\"/runs\"\nname = ${?CAIRN_NOT_SET}\n");
    assertThat(settings.output()).isEqualTo(System.getenv("HOME") + "/runs");
    assertThat(settings.name()).isEqualTo("digits");
  }

  @Test
  void longFormNamesSeveralInputsAndOutputs() {
    Settings settings =
        read(
            """
            model.source = m.json
            data {
              train { path = x, format = json, options { multiLine = true, a.b = 1 } }
              validation { path = v }
              inputs = [
                { columns = ["pixel_*"], shape = [1, 28, 28] }
                { columns = word, max-steps = 40 }
              ]
              outputs = [{ columns = [digit], classes = 10 }, { columns = [height, width] }]
              scale = 1/255
            }
            batch { effective = 512 }
            train { updates = 3000000000, clip-global-norm = 0.5, on-non-finite = skip, self-check = off }
            output = "runs/x"
            """);
    assertThat(settings.data().inputs())
        .containsExactly(
            new ColumnSettings(
                List.of("pixel_*"), OptionalInt.empty(), List.of(1, 28, 28), OptionalInt.empty()),
            new ColumnSettings(
                List.of("word"), OptionalInt.empty(), List.of(), OptionalInt.of(40)));
    assertThat(settings.data().outputs()).hasSize(2);
    assertThat(settings.data().scale()).isEqualTo(new Scale.Factor(1.0 / 255));
    assertThat(settings.data().train().files().orElseThrow().options())
        .isEqualTo(Map.of("multiLine", "true", "a.b", "1"));
    assertThat(settings.data().validation())
        .contains(
            new SourceSettings(folder + "/v", "json", Map.of("multiLine", "true", "a.b", "1")));
    assertThat(settings.train().updates()).hasValue(3_000_000_000L);
    assertThat(settings.train().clipGlobalNorm()).isEqualTo(OptionalDouble.of(0.5));
    assertThat(settings.train().selfCheck()).isEqualTo(TrainSettings.SelfCheck.OFF);
  }

  @Test
  void idxDataNeedsNoColumns() {
    Settings settings =
        read(
            """
            model.source = m.json
            data { train { path = images, format = idx, options.labels = l }, classes = 10, validation.fraction = 0.1 }
            batch { workers = 1, micro = 1, steps = 1 }
            train.epochs = 1
            output = o
            """);
    assertThat(settings.data().inputs().get(0).columns()).containsExactly("pixels");
    assertThat(settings.data().outputs().get(0).columns()).containsExactly("label");
    assertThat(settings.data().outputs().get(0).classes()).hasValue(10);
    assertThat(settings.data().validationFraction()).hasValue(0.1);
    assertThat(settings.data().train().files().orElseThrow().options())
        .isEqualTo(Map.of("labels", folder + "/l"));
  }

  @Test
  void sparksOwnSettingsKeepTheirNames() {
    Settings settings =
        read(
            DIGITS
                + """
                spark.executor.memory = 2g
                spark {
                  "spark.speculation" = false
                  "spark.speculation.interval" = 100ms
                  spark.task.cpus = 2
                }
                """,
            "spark.executor.cores=3");
    assertThat(settings.spark())
        .containsExactly(
            Map.entry("spark.executor.cores", "3"),
            Map.entry("spark.executor.memory", "2g"),
            Map.entry("spark.speculation", "false"),
            Map.entry("spark.speculation.interval", "100ms"),
            Map.entry("spark.task.cpus", "2"));
  }

  private Settings read(String text, String... overrides) {
    return SettingsProblemsTest.read(folder, text, batch -> List.of(), overrides);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.SettingsReaderTest.DIGITS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsProblemsTest {

  @TempDir Path folder;

  @Test
  void everyProblemIsReportedAtOnceWithFileLineValueAndWhatFits() {
    String text =
        """
        name = digits
        model.source = "m.json"
        data {
          train { path = "x", format = csv, pth = y }
          features = ["pixel_*"]
          label = digit
          classes = 1
          scale = big
        }
        batch { workers = 2, micro = -3, step = 8 }
        train { epochs = 2.5 }
        checkpoint.keep = 99999999999
        collective { timeout = 60, encryption = maybe, shared-memory = 2, precision = fp8 }
        """;
    assertThat(messageOf(text))
        .isEqualTo(
            """
            12 problems in the settings:
              FILE:4: data.train.pth = y: unknown key; did you mean data.train.path?
              FILE:7: data.classes = 1: must be at least 2
              FILE:8: data.scale = big: must be none, standard, min-max or a factor that is not 0; \
            such as 0.0625 or 1/255
              FILE:10: batch.step = 8: unknown key; did you mean batch.steps?
              FILE:10: batch.micro = -3: must be at least 1
              FILE:11: train.epochs = 2.5: must be a whole number
              FILE:12: checkpoint.keep = 99999999999: must be at most 2147483647
              FILE:13: collective.timeout = 60: needs a unit; such as 60s or 60ms
              FILE:13: collective.encryption = maybe: must be one of on, off
              FILE:13: collective.shared-memory = 2: must be one of on, off
              FILE:13: collective.precision = fp8: must be one of exact, bf16
              FILE: output: is missing; the run's directory\
            """);
  }

  @Test
  void anEmptyFileNamesEverythingThatIsRequired() {
    assertThat(messageOf(""))
        .contains("model.source: is missing")
        .contains("data.train.path: is missing")
        .contains("data.train.format: is missing; such as parquet, csv, json, orc, libsvm or idx")
        .contains("data.features: is missing; the feature columns, or data.inputs")
        .contains("data.label: is missing; the label column, or data.outputs")
        .contains("train.epochs: is missing; train.epochs = N or train.updates = N")
        .contains("output: is missing")
        .startsWith("7 problems");
  }

  @Test
  void anOverrideIsNamedAsTheCommandLine() {
    assertThat(messageOf(DIGITS, "batch.micro=0", "bach.micro=3", "=3", "a..b=1", "seed=[1"))
        .contains("--set batch.micro = 0: must be at least 1")
        .contains("--set bach = {\"micro\":\"3\"}: unknown key; did you mean batch?")
        .contains("--set =3: must be key=value; such as seed=7")
        .contains("--set a..b = 1: cannot be read: ")
        .contains("--set seed = [1: cannot be read: ");
  }

  @Test
  void aKeyInTheWrongPlaceIsSuggestedWhereItBelongs() {
    assertThat(messageOf(DIGITS + "workers = 2\ncheckpoint.everyUpdates = 5\ntrain.zzzzzzzzz = 1"))
        .contains("FILE:14: workers = 2: unknown key; did you mean batch.workers?")
        .contains(
            "checkpoint.everyUpdates = 5: unknown key; did you mean checkpoint.every-updates?")
        .contains(
            "train.zzzzzzzzz = 1: unknown key; "
                + "valid here: clip-global-norm, early-stopping, epochs, max-time, on-non-finite,"
                + " self-check, updater, updates, validate-every-updates");
  }

  @Test
  void ofTwoNamesThatAreEquallyNearTheOneThatBeginsAlikeIsProposed() {
    assertThat(messageOf(DIGITS + "bat = 1\ndata.train.sch = x"))
        .contains("bat = 1: unknown key; did you mean batch?")
        .contains("data.train.sch = x: unknown key; did you mean data.train.schema?");
  }

  @Test
  void aBlockThatIsNoneIsSaidOnceAndNotAlsoMissing() {
    assertThat(messageOf("train = 3\n" + DIGITS.replace("train { epochs = 5 }", "")))
        .isEqualTo(
            """
            1 problem in the settings:
              FILE:1: train = 3: must be a block; train { ... }\
            """);
  }

  @Test
  void aBlockWhereAValueBelongsIsRefused() {
    assertThat(messageOf(DIGITS + "seed { a = 1 }\ndata.label { b = 1 }\ndata.train.options = 3"))
        .contains("seed = {\"a\":1}: must be a whole number")
        .contains("data.label = {\"b\":1}: must be one column name or pattern, or a list of them")
        .contains("data.train.options = 3: must be a block; data.train.options { name = value }");
  }

  @Test
  void contradictoryKeysAreRefused() {
    assertThat(
            messageOf(
                DIGITS
                    + """
                    train.updates = 3
                    data.validation { path = v, fraction = 0.1 }
                    data.inputs = [{ columns = [a] }]
                    """))
        .contains("FILE:14: train.updates = 3: contradicts train.epochs; give one of them")
        .contains("FILE:15: data.validation.fraction = 0.1: contradicts data.validation.path")
        .contains("FILE:6: data.features = [\"pixel_*\"]: contradicts data.inputs and data.outputs")
        .contains("FILE:7: data.label = digit: contradicts")
        .contains("FILE:8: data.classes = 10: contradicts")
        .contains("data.outputs: is missing; data.outputs = [{ columns = [...] }]");
  }

  @Test
  void problemsInsideTheLongFormNameTheEntry() {
    assertThat(
            messageOf(
                """
                model.source = m.json
                data {
                  train { path = x, format = json }
                  inputs = [{ column = a }, { columns = b, shape = [0], max-steps = 0 }, 3]
                  outputs = [{ columns = [c, d], classes = 3 }]
                }
                train.epochs = 1
                output = o
                """))
        .contains("FILE:4: data.inputs[0].column = a: unknown key; did you mean columns?")
        .contains("FILE: data.inputs[0].columns: is missing")
        .contains("data.inputs[1].shape = [0]: must be a list of whole numbers of at least 1")
        .contains("data.inputs[1].max-steps = 0: must be at least 1")
        .contains("data.inputs[2] = 3: must be a block; { columns = [...] }")
        .contains(
            "data.outputs[0].columns = [\"c\",\"d\"]: must be one column where classes is given");
  }

  @Test
  void limitsOfFractionsFactorsAndTimeoutsAreSaid() {
    assertThat(
            messageOf(
                DIGITS,
                "data.validation.fraction=1",
                "data.scale=1/0",
                "train.clip-global-norm=0",
                "collective.timeout=1ms",
                "collective.port-range=40063-40000",
                "seed=1e999999999"))
        .contains("--set data.validation.fraction = 1: must be above 0 and below 1")
        .contains("--set data.scale = 1/0: must be none, standard, min-max or a factor")
        .contains("--set train.clip-global-norm = 0: must be above 0 and finite")
        .contains("--set collective.timeout = 1ms: must be between 100ms and 86400s")
        .contains(
            "--set collective.port-range = 40063-40000: must be two ports from 1 to 65535, the first"
                + " not above the last; such as 40000-40063")
        .contains("--set seed = 1e999999999: must be at most 9223372036854775807");
  }

  @Test
  void aTrackerThatCannotBeReachedByWhatIsGivenIsToldAtOnce() {
    assertThat(
            messageOf(
                DIGITS + "tracking { tensorboard = yes, mlflow { uri = \"mlflow:5000\" } }\n"))
        .contains(
            "tracking.tensorboard = yes: must be one of on, off",
            "tracking.mlflow.uri = mlflow:5000: must be the http or https address of an MLflow"
                + " server, without user and password; such as http://mlflow:5000; user and"
                + " password, or a token, are taken from the environment",
            "tracking.mlflow.experiment: is missing; the name of the experiment");
    assertThat(messageOf(DIGITS, "tracking.mlflow.experiment= "))
        .contains("tracking.mlflow.experiment: must not be blank")
        .contains("tracking.mlflow.uri: is missing; the server's address");
    assertThat(messageOf(DIGITS, "tracking.mlflow={uri=\"https://me:pw@h\",experiment=x}"))
        .contains("tracking.mlflow.uri = https://(not shown)@h: must be the http or https address")
        .doesNotContain("me:pw");
    assertThat(
            messageOf(DIGITS, "tracking.mlflow={uri=\"https://me:p@w:d@h:5000/x@y\",experiment=x}"))
        .contains("tracking.mlflow.uri = https://(not shown)@h:5000/x@y: must be");
    assertThat(messageOf(DIGITS, "tracking.mlflow={uri=\"file:/tmp/x\",experiment=x}"))
        .contains("tracking.mlflow.uri = file:/tmp/x: must be the http or https address");
  }

  @Test
  void aFileThatCannotBeParsedNamesTheLine() {
    assertThat(messageOf("name = x\nseed = }\n"))
        .startsWith("1 problem in the settings:\n  FILE:2: cannot be read: ");
  }

  @Test
  void aMissingFileIsSaidAlone() {
    Path absent = folder.resolve("absent.conf");
    SettingsException thrown =
        catchThrowableOfType(SettingsException.class, () -> SettingsReader.read(absent, List.of()));
    assertThat(thrown)
        .hasMessage("1 problem in the settings:\n  " + absent + ": no such settings file");
    assertThat(
            catchThrowableOfType(
                SettingsException.class, () -> SettingsReader.read(folder, List.of())))
        .hasMessageContaining("a directory, not a settings file");
  }

  @Test
  void aReferenceToNothingIsNamedAndTheRestStillChecked() {
    assertThat(
            messageOf(
                DIGITS.replaceAll("output.*", "output = \\${CAIRN_NOT_SET}") + "batch.micro = 0"))
        .isEqualTo(
            """
            2 problems in the settings:
              FILE:13: output = ${CAIRN_NOT_SET}: refers to something that is not set; \
            set it, or write ${?NAME} for something that may be absent
              FILE:14: batch.micro = 0: must be at least 1\
            """);
  }

  @Test
  void problemsInAnIncludedFileNameThatFile() throws IOException {
    Files.writeString(folder.resolve("base.conf"), "\nbatch.micro = many\n");
    assertThat(messageOf("include \"base.conf\"\n" + DIGITS.replaceAll("batch.*", "")))
        .contains(folder.resolve("base.conf") + ":2: batch.micro = many: must be a whole number");
  }

  @Test
  void aScheduleOfStepsIsAListInTheOrderOfItsEpochs() {
    String schedule =
        """
        batch.schedule = [
          { from-epoch = 0, steps = 2 }
          { from-epoch = 3, steps = 4 }
          { from-epoch = 3, steps = auto }
          { from-epoch = 2, steps = 8 }
          { from = 5, steps = 8 }
          7
        ]
        """;
    assertThat(messageOf(DIGITS + schedule))
        .contains(
            "6 problems in the settings:",
            "FILE:15: batch.schedule[0].from-epoch = 0: must be at least 1",
            "FILE:17: batch.schedule[2].steps = auto: must be a whole number",
            "FILE:18: batch.schedule[3].from-epoch = 2: does not come after the entry before it,"
                + " which is from epoch 3 on; entries in the order of their epochs, one for each",
            "FILE:19: batch.schedule[4].from = 5: unknown key; valid here: from-epoch, steps",
            "batch.schedule[4].from-epoch: is missing; { from-epoch = 4, steps = 8 }",
            "FILE:20: batch.schedule[5] = 7: must be a block");
    assertThat(messageOf(DIGITS, "batch.schedule = 3")).contains("must be a list of blocks");
    assertThat(messageOf(DIGITS, "batch.schedule = []")).contains("must be a list of blocks");
    Settings read =
        read(
            folder,
            DIGITS,
            batch -> List.of(),
            "batch.schedule=[{from-epoch=1,steps=2},{from-epoch=4,steps=8}]");
    assertThat(read.batch().schedule()).containsExactly(new BatchStage(1, 2), new BatchStage(4, 8));
  }

  @Test
  void problemsOfTheBatchNumbersAreReportedWithAllOthersAndFoundInTheFile() {
    SettingsReader.Checks check =
        batch ->
            List.of(
                Problem.of("batch.micro", "32", "does not divide", "micro 16"),
                Problem.of("batch", "", "is incomplete", "steps 8"));
    SettingsException thrown =
        catchThrowableOfType(SettingsException.class, () -> read(folder, DIGITS, check, "seed=x"));
    assertThat(thrown.problems())
        .extracting(Problem::line, Problem::key, Problem::fits)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(11, "batch.micro", "micro 16"),
            org.assertj.core.groups.Tuple.tuple(11, "batch", "steps 8"),
            org.assertj.core.groups.Tuple.tuple(0, "seed", ""));
    assertThat(thrown)
        .hasMessageContaining(
            "FILE:11: batch: is incomplete".replace("FILE", "" + folder.resolve("job.conf")));
  }

  @Test
  void whatSparksSettingsSayHoldsUnlessTheFileOrTheCommandLineSayOtherwise() throws IOException {
    Path file = folder.resolve("job.conf");
    Files.writeString(file, DIGITS);
    Map<String, String> fromSpark = Map.of("collective.port-range", "7080-7087", "seed", "5");
    assertThat(readWith(fromSpark, file).collective().ports()).hasToString("7080-7087");
    assertThat(readWith(fromSpark, file, "collective.port-range=9000-9001").collective().ports())
        .hasToString("9000-9001");
    Files.writeString(file, DIGITS + "\nseed = 6\n");
    assertThat(readWith(fromSpark, file).seed()).isEqualTo(6);
  }

  @Test
  void whatSparksSettingsSayWronglyIsToldWithTheirName() throws IOException {
    Path file = folder.resolve("job.conf");
    Files.writeString(file, DIGITS);
    Map<String, String> fromSpark = Map.of("collective.port-range", "7080", "collective.port", "1");
    assertThat(
            catchThrowableOfType(SettingsException.class, () -> readWith(fromSpark, file))
                .getMessage())
        .contains(
            "Spark's settings, spark.cairn.*: collective.port-range = 7080: must be two ports",
            "Spark's settings, spark.cairn.*: collective.port = 1: unknown key; did you mean");
  }

  private Settings readWith(Map<String, String> fromSpark, Path file, String... overrides) {
    return SettingsReader.read(file, List.of(overrides), fromSpark, batch -> List.of(), folder);
  }

  @Test
  void longValuesAreShortenedToOneLine() {
    assertThat(messageOf(DIGITS, "seed=" + "9\n".repeat(200)))
        .contains("9 9 9...: must be a whole number");
  }

  static Settings read(Path folder, String text, SettingsReader.Checks check, String... overrides) {
    Path file = folder.resolve("job.conf");
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return SettingsReader.read(file, List.of(overrides), Map.of(), check, folder);
  }

  private String messageOf(String text, String... overrides) {
    SettingsException thrown =
        catchThrowableOfType(
            SettingsException.class, () -> read(folder, text, batch -> List.of(), overrides));
    assertThat(thrown).as("the settings were accepted").isNotNull();
    return thrown.getMessage().replace(folder.resolve("job.conf").toString(), "FILE");
  }
}

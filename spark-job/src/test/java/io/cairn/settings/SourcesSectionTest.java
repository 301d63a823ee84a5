/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourcesSectionTest {
  private static final String REST =
      """
      model.source = m.json
      data { features = x, label = y }
      batch { workers = 1, micro = 1, steps = 1 }
      train.epochs = 1
      output = o
      """;

  @TempDir Path folder;

  @Test
  void aTableNeedsNeitherPathNorFormat() {
    DataSettings data = read("data.train.table = db.digits", "data.validation.table = db.others");
    assertThat(data.train())
        .isEqualTo(
            new SourceSettings(new SourcePlace.Table("db.digits"), Optional.empty(), Map.of()));
    assertThat(data.validation().orElseThrow().place())
        .isEqualTo(new SourcePlace.Table("db.others"));
  }

  @Test
  void aQueryReadsItsSourceAndOthersAndHoldsForValidationToo() {
    DataSettings data =
        read(
            """
            data.train {
              path = a, format = csv, options { header = true }, schema = "x DOUBLE, y INT"
              query = "SELECT * FROM data JOIN other"
              sources { other { path = b, format = parquet }, third { table = t } }
            }
            """,
            "data.validation.path = v");
    SourcePlace.Files train =
        new SourcePlace.Files(
            Optional.of(folder + "/a"),
            "csv",
            Map.of("header", "true"),
            Optional.of("x DOUBLE, y INT"));
    Map<String, SourcePlace> views =
        Map.of(
            "other",
            new SourcePlace.Files(
                Optional.of(folder + "/b"), "parquet", Map.of(), Optional.empty()),
            "third",
            new SourcePlace.Table("t"));
    Optional<String> query = Optional.of("SELECT * FROM data JOIN other");
    assertThat(data.train()).isEqualTo(new SourceSettings(train, query, views));
    SourcePlace.Files validation =
        new SourcePlace.Files(
            Optional.of(folder + "/v"), train.format(), train.options(), train.schema());
    assertThat(data.validation()).contains(new SourceSettings(validation, query, views));
  }

  @Test
  void aQueryOfValidationMayChooseAmongWhatTrainingReads() {
    DataSettings data =
        read(
            "data.train { table = t, query = \"SELECT * FROM data WHERE part <> 1\" }",
            "data.validation.query = \"SELECT * FROM data WHERE part = 1\"");
    assertThat(data.validation().orElseThrow().place()).isEqualTo(data.train().place());
    assertThat(message("data.train.table = t", "data.validation.query = \"SELECT 1\""))
        .contains("data.validation.query = SELECT 1: chooses among the training examples");
  }

  @Test
  void aSourceWithoutFilesNeedsNoPath() {
    DataSettings data = read("data.train { format = jdbc, options { url = u, dbtable = t } }", "");
    assertThat(data.train().files().orElseThrow().path()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "table = t, path = p | data.train.path = p: contradicts data.train.table",
        "table = t, format = csv | data.train.format = csv: contradicts data.train.table",
        "table = t, schema = s | data.train.schema = s: contradicts data.train.table",
        "format = parquet | data.train.path: is missing",
        "path = p | data.train.format: is missing",
        "path = p, format = idx, schema = s | data.train.schema = s: has no meaning with format idx",
        "table = t, sources { a { table = b } } | has no meaning without data.train.query",
        "table = t, query = q, sources { data { table = b } } | is no name for a view of its own",
        "table = t, query = q, sources { a { path = b } } | data.train.sources.a.format: is missing",
        "table = t, query = q, sources { a { tabel = b } } | data.train.sources.a.tabel = b: unknown key",
        "table = t, query = q, sources { a = b } | data.train.sources.a = b: must be a block"
      })
  void contradictionsAreNamed(String train, String words) {
    assertThat(message("data.train { " + train + " }", "")).contains(words);
  }

  @Test
  void anInputMayBeScaledOnItsOwnAndHoldPictures() {
    String columns =
        "data { train.table = t, features = null, label = null, outputs = [{ columns = y }], scale = standard, inputs = [%s] }";
    DataSettings data =
        read(
            columns.formatted(
                "{ columns = a, scale = none },"
                    + " { columns = p, image = channels-last, shape = [8, 9, 3], scale = 1/255 }"),
            "");
    assertThat(data.inputs().get(0).form())
        .isEqualTo(new InputForm(Optional.of(new Scale.None()), InputForm.Image.NONE));
    assertThat(data.inputs().get(1).form())
        .isEqualTo(
            new InputForm(Optional.of(new Scale.Factor(1.0 / 255)), InputForm.Image.CHANNELS_LAST));
    assertThat(message(columns.formatted("{ columns = p, image = channels-last }"), ""))
        .contains("data.inputs[0].image = channels-last: needs one column and a shape of three");
    assertThat(
            message(
                columns.formatted("{ columns = p, image = channels-last, shape = [3, 8, 9] }"), ""))
        .contains("has 9 channels where image = channels-last");
  }

  @Test
  void theyComeBackFromJsonAndAnotherQueryIsAnotherRun() {
    String train =
        "data.train { path = a, format = csv, query = \"SELECT 1\", sources { o { table = t } } }";
    Settings settings = settings(train, "data.validation { path = b, query = \"SELECT 2\" }");
    String json = SettingsJson.render(settings);
    assertThat(SettingsJson.parse(json, "settings.json").settings()).isEqualTo(settings);
    Settings other =
        settings(
            train.replace("{ table = t }", "{ table = u }"),
            "data.validation { path = b, query = \"SELECT 3\" }");
    assertThat(SettingsDifference.between(json, SettingsJson.render(other)))
        .extracting(SettingsDifference::key)
        .containsExactly(
            "data.train.sources.o.table",
            "data.validation.query",
            "data.validation.sources.o.table");
  }

  private DataSettings read(String... blocks) {
    return settings(blocks).data();
  }

  private Settings settings(String... blocks) {
    return SettingsProblemsTest.read(
        folder, REST + String.join("\n", blocks) + "\n", batch -> List.of());
  }

  private String message(String... blocks) {
    SettingsException thrown =
        org.assertj.core.api.Assertions.catchThrowableOfType(
            SettingsException.class, () -> settings(blocks));
    assertThat(thrown).isNotNull();
    return thrown.getMessage();
  }
}

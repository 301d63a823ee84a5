/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.plan.BatchArithmetic;
import io.cairn.plan.BatchPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ShippedSettingsTest {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

  @Test
  void theQuickstartIsWholeAndItsFilesAreThere() {
    Settings settings = read("conf/quickstart.conf");
    assertThat(plan(settings)).isEqualTo(new BatchPlan(2, 16, 4));
    assertThat(settings.model().described()).isPresent();
    assertThat(Path.of(settings.data().train().files().orElseThrow().path().orElseThrow()))
        .exists();
    assertThat(settings.data().scale()).isEqualTo(new Scale.Factor(0.0625));
    assertThat(settings.output()).isEqualTo(PROJECT + "/runs/digits");
  }

  @Test
  void theDigitsAreAllThereAndAttributed() throws Exception {
    assertThat(Files.readAllLines(PROJECT.resolve("conf/data/digits.csv"))).hasSize(1 + 1797);
    assertThat(PROJECT.resolve("conf/data/README.md")).content().contains("CC BY 4.0", "Alpaydin");
  }

  @Test
  void theFashionExampleIsWhole() {
    Settings settings = read("conf/examples/fashion-mnist.conf");
    assertThat(plan(settings)).isEqualTo(new BatchPlan(2, 128, 2));
    assertThat(settings.model().source().map(Path::of).orElseThrow()).exists();
    assertThat(settings.data().outputs().get(0).columns()).containsExactly("label");
  }

  @Test
  void everyExampleIsWholeAndWhatItShipsIsThere() throws Exception {
    try (var examples = Files.list(PROJECT.resolve("conf/examples"))) {
      for (Path example : examples.toList()) {
        Settings settings = read("conf/examples/" + example.getFileName());
        settings.model().source().ifPresent(model -> assertThat(Path.of(model)).exists());
        assertThat(settings.output()).startsWith(PROJECT + "/runs/");
      }
    }
  }

  private static Settings read(String file) {
    return SettingsReader.read(
        PROJECT.resolve(file),
        List.of(),
        Map.of(),
        batch -> BatchArithmetic.problems(batch, OptionalInt.empty()),
        PROJECT);
  }

  private static BatchPlan plan(Settings settings) {
    return BatchArithmetic.resolve(settings.batch(), OptionalInt.empty());
  }
}

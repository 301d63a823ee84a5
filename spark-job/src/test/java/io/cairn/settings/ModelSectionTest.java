/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model is a path or a description, and what is asked for last says which. */
class ModelSectionTest {

  private static final String LAYERS =
      "model { layers = [{ dense = 128, activation = relu }, { conv = 3, kernel = [2, 1.5], bias = off }, output], defaults { l2 = 1e-4 }, inputs = in, channels = last }";

  @TempDir Path folder;

  private Settings read(String model, String... overrides) throws Exception {
    Path conf = folder.resolve("run.conf");
    String rest = SettingsReaderTest.DIGITS.replaceFirst("(?m)^\\s*model.source.*$", "");
    Files.writeString(conf, model + "\n" + rest);
    return SettingsReader.read(conf, List.of(overrides));
  }

  @Test
  void layersAreReadWithTheirPlaces() throws Exception {
    LayerSettings model = read(LAYERS).model().described().orElseThrow();
    assertThat(model.layers().plain())
        .isEqualTo(
            List.of(
                Map.of("dense", 128, "activation", "relu"),
                Map.of("conv", 3, "kernel", List.of(2, 1.5), "bias", "off"),
                "output"));
    assertThat(model.layers().entries().get(2).place())
        .hasToString(
            "Place[file=%s, line=1, key=model.layers[2]]".formatted(folder.resolve("run.conf")));
    assertThat(model.inputs()).containsExactly("in");
    assertThat(model.channels()).hasValue(LayerSettings.Channels.LAST);
    assertThat(read(LAYERS).model().name()).isEqualTo("model.layers");
  }

  @Test
  void theyComeBackFromJson() throws Exception {
    Settings settings = read(LAYERS);
    assertThat(SettingsJson.parse(SettingsJson.render(settings), "s").settings())
        .isEqualTo(settings);
  }

  @Test
  void otherLayersAreAnotherRun() throws Exception {
    String was = SettingsJson.render(read(LAYERS));
    assertThat(SettingsDifference.between(was, SettingsJson.render(read(LAYERS)))).isEmpty();
    assertThat(
            SettingsDifference.between(
                was, SettingsJson.render(read(LAYERS.replace("dense = 128", "dense = 64")))))
        .extracting(SettingsDifference::key)
        .containsExactly("model.layers");
    assertThat(
            SettingsDifference.between(
                was, SettingsJson.render(read(LAYERS.replace("l2 = 1e-4", "l2 = 1e-3")))))
        .extracting(SettingsDifference::key)
        .containsExactly("model.defaults.l2");
  }

  @Test
  void bothOrNeitherIsWrong() {
    assertThatThrownBy(() -> read(LAYERS + "\nmodel.source = m.json"))
        .hasMessageContaining("model.layers")
        .hasMessageContaining("contradicts model.source; give one of them");
    assertThatThrownBy(() -> read(""))
        .hasMessageContaining("model.source: is missing; the path of a .json");
    assertThatThrownBy(() -> read("model { source = m.json, defaults { l2 = 1 } }"))
        .hasMessageContaining("has no meaning without model.layers");
    assertThatThrownBy(() -> read("model.layers = dense"))
        .hasMessageContaining("model.layers = dense: must be a list of layers");
    assertThatThrownBy(() -> read("model.layers = []"))
        .hasMessageContaining("must be a list of layers");
    assertThatThrownBy(() -> read("model { layers = [output], defaults = 3 }"))
        .hasMessageContaining("model.defaults = 3: must be a block");
  }

  @Test
  void whatIsAskedForTakesThePlaceOfTheOtherInAFile() throws Exception {
    assertThat(read(LAYERS, "model.source=/m.json").model())
        .isEqualTo(new ModelSettings("/m.json"));
    assertThat(
            read("model.source = m.json", "model.layers=[output]")
                .model()
                .described()
                .orElseThrow()
                .layers()
                .plain())
        .isEqualTo(List.of("output"));
    assertThatThrownBy(() -> read(LAYERS, "model.source=/m.json", "model.layers=[output]"))
        .hasMessageContaining("contradicts model.source");
  }

  @Test
  void aFileGoesBeforeSparksSettings() throws Exception {
    Path conf = folder.resolve("run.conf");
    String rest = SettingsReaderTest.DIGITS.replaceFirst("(?m)^\\s*model.source.*$", "");
    Map<String, String> source = Map.of("model.source", "/cluster.json");
    Files.writeString(conf, LAYERS + "\n" + rest);
    SettingsReader.Checks none = batch -> List.of();
    assertThat(SettingsReader.read(conf, List.of(), source, none).model().described()).isPresent();
    assertThat(SettingsReader.read(Map.of(), Optional.of(conf), source, none).model().described())
        .isPresent();
    assertThat(
            SettingsReader.read(
                    conf,
                    List.of(
                        "model.layers=null",
                        "model.defaults=null",
                        "model.inputs=null",
                        "model.channels=null"),
                    source,
                    none)
                .model())
        .isEqualTo(new ModelSettings("/cluster.json"));
    Files.writeString(conf, rest);
    assertThat(SettingsReader.read(conf, List.of(), source, none).model())
        .isEqualTo(new ModelSettings("/cluster.json"));
    assertThat(
            SettingsReader.read(conf, List.of("model.layers=[output]"), source, none)
                .model()
                .described())
        .isPresent();
  }

  @Test
  void aPathMayBePutTogether() throws Exception {
    assertThat(read(LAYERS, "model.source=${HOME}/m.json").model())
        .isEqualTo(new ModelSettings(System.getenv("HOME") + "/m.json"));
  }

  @Test
  void programsGiveListsAndMaps() throws Exception {
    Path conf = folder.resolve("run.conf");
    Files.writeString(conf, SettingsReaderTest.DIGITS);
    Settings settings =
        SettingsReader.read(
            Map.of("model.layers", List.of(Map.of("dense", 128), "output")),
            Optional.of(conf),
            Map.of(),
            batch -> List.of());
    assertThat(settings.model().described().orElseThrow().layers().plain())
        .isEqualTo(List.of(Map.of("dense", 128), "output"));
  }
}

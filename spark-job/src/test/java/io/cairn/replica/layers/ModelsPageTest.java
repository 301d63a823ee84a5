/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.settings.Described;
import io.cairn.settings.Described.Place;
import io.cairn.settings.Described.Word;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** {@code docs/models.md} names the layers that there are, and each name is one thing. */
class ModelsPageTest {

  private static final Described NOWHERE = new Word(new Place("", 0, ""), "", "");

  @Test
  void theTableOfShortNamesIsThatOfTheProgram() throws Exception {
    List<String> rows = new ArrayList<>(List.of("| | is | its value |", "| --- | --- | --- |"));
    for (LayerKind kind : LayerKind.ALL.values()) {
      String fixed =
          kind.fixed().entrySet().stream()
              .map(property -> ", " + property.getKey() + " = " + property.getValue())
              .findFirst()
              .orElse("");
      String value = kind.value().isEmpty() ? "" : "`" + kind.value() + "`";
      rows.add("| `%s` | %s%s | %s |".formatted(kind.name(), kind.type(), fixed, value));
    }
    String page = Files.readString(Path.of("../docs/models.md"));
    String table = page.substring(page.indexOf("| | is |"));
    assertThat(table.strip().lines().toList()).isEqualTo(rows);
  }

  @Test
  void everyShortNameIsAClassAndItsValueAProperty() throws MisfitException {
    for (LayerKind kind : LayerKind.ALL.values()) {
      Set<String> properties = Assembly.of(kind.family().find(NOWHERE, kind.type())).properties();
      assertThat(properties).containsAll(kind.fixed().keySet());
      if (!kind.value().isEmpty()) {
        assertThat(PropertyNames.find(kind.value(), properties)).as(kind.name()).isNotNull();
      }
    }
  }

  /** Else an entry with that property would name two layers. */
  @Test
  void noPropertyIsCalledLikeALayerButForThoseThatMayStandAlone() throws MisfitException {
    Set<String> alike = new TreeSet<>();
    for (String type : Family.LAYERS.known()) {
      for (String property : Assembly.of(Family.LAYERS.find(NOWHERE, type)).properties()) {
        LayerKind.find(property)
            .filter(kind -> kind.strength() == LayerKind.Strength.LAYER)
            .ifPresent(kind -> alike.add(type + "." + property));
      }
    }
    assertThat(alike).isEmpty();
  }

  @Test
  void shorterNamesAreOnThePage() throws Exception {
    String page = Files.readString(Path.of("../docs/models.md"));
    for (Map.Entry<String, String> name : PropertyNames.SHORT.entrySet()) {
      if (!Set.of("layer", "units").contains(name.getKey())) {
        assertThat(page.replaceAll("\\s+", " "))
            .contains("`%s` (%s)".formatted(name.getKey(), name.getValue()));
      }
    }
  }
}

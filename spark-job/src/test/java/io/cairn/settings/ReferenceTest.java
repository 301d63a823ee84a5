/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ReferenceTest {

  private final Reference reference = Reference.shipped();

  @Test
  void theReaderReadsExactlyTheDocumentedKeys() {
    ConfigObject given =
        ConfigFactory.parseString(SettingsReaderTest.DIGITS + "\ndata.validation.path = v").root();
    Set<String> documented = new TreeSet<>(reference.paths());
    documented.removeIf(reference::isBlock);
    assertThat(SettingsReader.keysRead(given)).isEqualTo(documented);
  }

  @Test
  void everyKeyIsDocumented() {
    for (String path : reference.paths()) {
      if (!reference.isBlock(path)) {
        assertThat(comment(path)).as(path).isNotBlank();
        assertThat(comment(path)).as(path).doesNotContainIgnoringCase("todo");
      }
    }
  }

  @Test
  void everyKeyWithoutADefaultSaysSo() {
    for (String path : reference.paths()) {
      if (reference.defaultOf(path).isEmpty() && !path.startsWith("batch.")) {
        String words = comment(path) + comment("train.epochs");
        assertThat(words).as(path).containsPattern("(?i)default|required");
      }
    }
  }

  @Test
  void theKeysOfTheLongFormAreDocumentedWithIt() {
    for (String key : DataSection.INPUT_KEYS) {
      assertThat(comment("data.inputs")).contains(key);
    }
    for (String key : DataSection.OUTPUT_KEYS) {
      assertThat(comment("data.outputs")).contains(key);
    }
  }

  @Test
  void theResourceIsTheFileThatPeopleRead() throws Exception {
    try (var resource = Reference.class.getResourceAsStream("reference.conf")) {
      assertThat(resource).isNotNull();
      assertThat(resource.readAllBytes())
          .isEqualTo(Files.readAllBytes(Path.of("../conf/reference.conf")));
    }
  }

  private String comment(String path) {
    ConfigValue value = reference.entry(path).orElseThrow();
    return String.join("\n", value.origin().comments());
  }
}

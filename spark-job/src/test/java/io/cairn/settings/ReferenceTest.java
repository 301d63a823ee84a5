/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code conf/reference.conf}, the page that people read, says what the keys say. */
class ReferenceTest {

  private static final Path PAGE = Path.of("../conf/reference.conf");
  private static final Map<String, ConfigValue> DOCUMENTED = new TreeMap<>();

  @BeforeAll
  static void readThePage() {
    collect("", ConfigFactory.parseFile(PAGE.toFile()).root());
  }

  private static void collect(String prefix, ConfigObject block) {
    block.forEach(
        (name, value) -> {
          String path = prefix + name;
          if (Catalog.isBlock(path) && value instanceof ConfigObject inner) {
            collect(path + ".", inner);
          } else {
            DOCUMENTED.put(path, value);
          }
        });
  }

  static Iterable<Key<?>> keys() {
    return Catalog.keys().values();
  }

  @Test
  void thereAreExactlyTheKeysThatAreDocumented() {
    assertThat(DOCUMENTED.keySet()).containsExactlyInAnyOrderElementsOf(Catalog.keys().keySet());
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        Settings.class,
        DataSettings.class,
        BatchSettings.class,
        TrainSettings.class,
        StoppingSettings.class,
        FineTuneSettings.class,
        OutputReplacement.class,
        UpdaterSettings.class,
        ScheduleSettings.class,
        BatchScaling.class,
        CheckpointSettings.class,
        RecoverySettings.class,
        CollectiveSettings.class
      })
  void everyKeyThatIsDeclaredIsInItsBlock(Class<?> record) throws IllegalAccessException {
    for (Field field : record.getDeclaredFields()) {
      if (field.getType() == Key.class) {
        assertThat(Catalog.keys()).containsValue((Key<?>) field.get(null));
      }
    }
  }

  @Test
  void everyKeyIsRead() {
    ConfigObject given =
        ConfigFactory.parseString(
                SettingsReaderTest.DIGITS
                    + "\ndata { validation.path = v, class-weights = balanced }")
            .root();
    assertThat(SettingsReader.keysRead(given))
        .containsExactlyInAnyOrderElementsOf(Catalog.keys().keySet());
  }

  @ParameterizedTest
  @MethodSource("keys")
  void unitRangeAndDefaultAreThoseOfTheKey(Key<?> key) throws Kind.Misfit {
    String comment = comment(key.name());
    assertThat(comment).isNotBlank().doesNotContain("todo");
    for (String words : key.kind().words()) {
      assertThat(comment).contains(words);
    }
    assertThat(documentedDefault(key)).isEqualTo(key.preset());
    if (key.required().isPresent()) {
      assertThat(comment).contains("required");
    } else if (key.preset().isEmpty() && !key.name().startsWith("batch.")) {
      assertThat(comment + comment("train.epochs")).containsPattern("default|required");
    }
  }

  @Test
  void whatARunThatGoesOnMayChangeIsDocumented() {
    String comment = comment("output");
    for (Key<?> key : Catalog.keys().values()) {
      String block = key.name().replaceFirst("\\..*", "");
      Resume rule = Catalog.onResume(key.name());
      boolean asItsBlock = rule == Catalog.onResume(block);
      if (!asItsBlock) {
        String last = key.name().substring(block.length() + 1);
        assertThat(comment).contains(block).contains(last);
      } else if (rule != Resume.MUST_STAY && !key.name().equals("output")) {
        assertThat(comment).contains(block);
      } else {
        assertThat(comment).doesNotContain(key.name());
      }
    }
  }

  @Test
  void theKeysOfTheLongFormAreDocumentedWithIt() {
    assertThat(comment("data.inputs")).contains(ColumnSettings.INPUT.keys().keySet());
    assertThat(comment("data.outputs")).contains(ColumnSettings.OUTPUT.keys().keySet());
    assertThat(comment("batch.schedule")).contains(BatchStage.BLOCK.keys().keySet());
    for (Key<?> key : BatchStage.BLOCK.keys().values()) {
      assertThat(comment("batch.schedule")).contains(key.kind().words());
    }
    assertThat(comment("train.updater.groups")).contains(UpdaterGroup.BLOCK.keys().keySet());
  }

  @Test
  void thePageIsInTheJarToo() throws Exception {
    try (var resource = Settings.class.getResourceAsStream("reference.conf")) {
      assertThat(resource).isNotNull();
      assertThat(resource.readAllBytes()).isEqualTo(Files.readAllBytes(PAGE));
    }
  }

  private static <T> Optional<T> documentedDefault(Key<T> key) throws Kind.Misfit {
    ConfigValue value = DOCUMENTED.get(key.name());
    boolean none =
        value.valueType() == ConfigValueType.NULL
            || (value instanceof ConfigObject block && block.isEmpty());
    return none ? Optional.empty() : Optional.of(key.kind().read(value));
  }

  /** What is said above a key, as one line in lower case. */
  private static String comment(String name) {
    return String.join(" ", DOCUMENTED.get(name).origin().comments())
        .replaceAll("\\s+", " ")
        .toLowerCase(Locale.ROOT);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsDifferenceTest {

  @Test
  void theseMayChangeAndNoOthers() {
    assertThat(keysWith(Resume.MAY_GROW)).containsExactly("train.epochs", "train.updates");
    assertThat(keysWith(Resume.MAY_BE_LIFTED)).containsExactly("train.max-time");
    assertThat(keysWith(Resume.MAY_CHANGE))
        .containsExactly(
            "batch.effective",
            "batch.micro",
            "batch.steps",
            "batch.workers",
            "checkpoint.every-updates",
            "checkpoint.keep",
            "checkpoint.keep-every",
            "collective.encryption",
            "collective.port-range",
            "collective.shared-memory",
            "collective.timeout",
            "compute.threads",
            "name",
            "output",
            "recovery.host-failures",
            "recovery.max-attempts",
            "recovery.max-failures-without-progress",
            "recovery.max-time",
            "recovery.stop-within",
            "recovery.wait-for-executors",
            "spark",
            "tracking.mlflow.experiment",
            "tracking.mlflow.uri",
            "tracking.tensorboard",
            "train.self-check",
            "train.validate-every-updates");
  }

  @ParameterizedTest
  @CsvSource({
    "spark.executor.memory, true",
    "plan.workers, true",
    "plan.effective, false",
    "collective.later, true",
    "train.later, false",
    "data.train.options.header, false",
    "later, false"
  })
  void whatStandsInsideABlockOrIsOfAnotherVersionGoesByItsBlock(String key, boolean may) {
    String was = json(key, "1");
    String now = json(key, "2");
    assertThat(SettingsDifference.between(was, now).isEmpty()).isEqualTo(may);
    assertThat(SettingsDifference.between(was, "{}").isEmpty()).isEqualTo(may);
    assertThat(SettingsDifference.between("{}", now).isEmpty()).isEqualTo(may);
    assertThat(SettingsDifference.between(was, was)).isEmpty();
  }

  @Test
  void aLimitMayGrowButNeitherShrinkNorGiveWayToTheOther() {
    String five = json("train.epochs", "5");
    assertThat(SettingsDifference.between(five, json("train.epochs", "6"))).isEmpty();
    assertThat(SettingsDifference.isLonger(five, json("train.epochs", "6"))).isTrue();
    assertThat(SettingsDifference.isLonger(five, five)).isFalse();
    assertThat(SettingsDifference.between(five, json("train.epochs", "4")))
        .containsExactly(new SettingsDifference("train.epochs", "5", "4"));
    assertThat(SettingsDifference.between(five, json("train.updates", "500")))
        .extracting(SettingsDifference::toString)
        .containsExactly(
            "train.epochs was 5, is now absent", "train.updates was absent, is now 500");
  }

  @ParameterizedTest
  @CsvSource({
    "28800000ms, 28800000ms, false",
    "28800000ms, 28800001ms, true",
    "28800000ms, 8h, false",
    "28800000ms, 9h, true",
    "28800000ms, 1h, false",
    "1500000000ns, 1500ms, false",
    "28800000ms, , true",
    ", 28800000ms, false"
  })
  void aLimitOfTimeMayChangeAndIsLiftedByALongerOneOrByNone(String was, String now, boolean is) {
    String before = was == null ? "{}" : json("train.max-time", '"' + was + '"');
    String after = now == null ? "{}" : json("train.max-time", '"' + now + '"');
    assertThat(SettingsDifference.between(before, after)).isEmpty();
    assertThat(SettingsDifference.isLonger(before, after)).isFalse();
    assertThat(SettingsDifference.isLimitLifted(before, after)).isEqualTo(is);
  }

  @Test
  void aLimitOfTimeThatNoRunHadIsRefused() {
    String wrong = json("train.max-time", "\"soon\"");
    assertThatThrownBy(
            () -> SettingsDifference.isLimitLifted(wrong, json("train.max-time", "\"1h\"")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("train.max-time = \"soon\" must be a duration with a unit");
  }

  @Test
  void numbersAreComparedAsNumbers() {
    assertThat(SettingsDifference.between(json("seed", "1"), json("seed", "1.0"))).isEmpty();
    assertThat(SettingsDifference.between(json("seed", "1"), json("seed", "\"1\"")))
        .containsExactly(new SettingsDifference("seed", "1", "\"1\""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "3", "[]", "{"})
  void whatIsNoJsonObjectIsRefused(String text) {
    assertThatThrownBy(() -> SettingsDifference.between(text, "{}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("not ");
  }

  private static Set<String> keysWith(Resume rule) {
    Set<String> names = new TreeSet<>(Catalog.keys().keySet());
    names.removeIf(name -> Catalog.onResume(name) != rule);
    return names;
  }

  private static String json(String key, String value) {
    List<String> names = new ArrayList<>(List.of(key.split("\\.")));
    Collections.reverse(names);
    String json = value;
    for (String name : names) {
      json = "{\"%s\": %s}".formatted(name, json);
    }
    return json;
  }
}

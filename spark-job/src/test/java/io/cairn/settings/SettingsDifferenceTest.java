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
            "batch.schedule",
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
    assertThat(SettingsDifference.isLimitLifted(before, after, "train.max-time: it is over"))
        .isEqualTo(is);
    assertThat(SettingsDifference.isLimitLifted(before, after, "early stopping: no better"))
        .as("something else has ended it")
        .isFalse();
  }

  @Test
  void aLimitOfTimeThatNoRunHadIsRefused() {
    String wrong = json("train.max-time", "\"soon\"");
    assertThatThrownBy(
            () ->
                SettingsDifference.isLimitLifted(
                    wrong, json("train.max-time", "\"1h\""), "train.max-time: it is over"))
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

  private static String staged(String train, String stages) {
    return "{\"train\": {%s}, \"plan\": {\"effective\": 64, \"stages\": [%s]}}"
        .formatted(train, stages);
  }

  private static String stage(int epoch, int effective) {
    return "{\"from-epoch\": %d, \"steps\": 1, \"effective\": %d}".formatted(epoch, effective);
  }

  @Test
  void theEffectiveBatchMayChangeInEpochsThatHaveNotBegun() {
    String was = staged("", stage(1, 64) + "," + stage(4, 256));
    String now = staged("", stage(1, 64) + "," + stage(4, 128) + "," + stage(6, 512));
    assertThat(SettingsDifference.between(was, now, 3)).isEmpty();
    assertThat(SettingsDifference.between(was, now, 4))
        .singleElement()
        .hasToString(
            "batch.schedule was an effective batch of 256 in epoch 4, is now an effective batch of"
                + " 128 in epoch 4");
    String later = staged("", stage(1, 64) + "," + stage(4, 256) + "," + stage(6, 512));
    assertThat(SettingsDifference.between(was, later, 5)).isEmpty();
    assertThat(SettingsDifference.between(was, later, 6)).hasSize(1);
    assertThat(SettingsDifference.between(json("plan.effective", "64"), was, 3)).isEmpty();
    assertThat(SettingsDifference.between(was, json("plan.effective", "64"), 4)).hasSize(1);
  }

  private static String scheduled(int workers, int micro, int steps, int effective) {
    return "{\"batch\": {\"schedule\": [{\"from-epoch\": 3, \"steps\": %d}]}, \"plan\": {\"workers\": %d, \"micro\": %d, \"effective\": 48, \"stages\": [%s, %s]}}"
        .formatted(steps, workers, micro, stage(1, 48), stage(3, effective));
  }

  /** Nobody has asked for another batch there: the cluster has other executors, or memory. */
  @Test
  void aStageToComeChangesOnlyWithTheSchedule() {
    String three = scheduled(3, 8, 4, 96);
    assertThat(SettingsDifference.between(three, scheduled(2, 8, 4, 64), 2))
        .singleElement()
        .hasToString(
            "batch.schedule was an effective batch of 96 in epoch 3, is now an effective batch of"
                + " 64 in epoch 3 (its steps are the same, but workers or micro-batches are not:"
                + " set batch.workers = 3 with micro-batches of 8 as before, and fewer executors"
                + " make the same batches in more steps; or give batch.schedule the steps for 2"
                + " workers with micro-batches of 8)");
    assertThat(SettingsDifference.between(three, scheduled(3, 4, 4, 48), 0)).hasSize(1);
    assertThat(SettingsDifference.between(three, scheduled(2, 8, 6, 96), 2)).isEmpty();
    assertThat(SettingsDifference.between(three, scheduled(2, 8, 5, 80), 2)).isEmpty();
    assertThat(SettingsDifference.between(three, scheduled(2, 12, 4, 96), 2)).isEmpty();
  }

  /** Steps do not count: other workers have others. */
  @Test
  void theSameEffectiveBatchInOtherStepsIsNoDifference() {
    String was = staged("", stage(1, 64) + "," + stage(4, 256));
    assertThat(SettingsDifference.between(was, was.replace("\"steps\": 1", "\"steps\": 2"), 9))
        .isEmpty();
  }

  /**
   * Other steps make the run longer or shorter, and so its learning rates others from the start.
   */
  @Test
  void learningRatesThatFallUntilTheEndAllowNoOtherStages() {
    String end = "\"updater\": {\"schedule\": {\"end\": 0, \"by\": \"%s\"}}, \"%s\": 5";
    String change = stage(1, 64) + "," + stage(4, 128);
    for (String movesTheEnd : List.of("updates epochs", "epochs updates")) {
      String[] words = movesTheEnd.split(" ");
      String train = end.formatted((Object[]) words);
      assertThat(SettingsDifference.between(staged(train, ""), staged(train, change), 0))
          .singleElement()
          .asString()
          .startsWith("batch.schedule was an effective batch of 64 in epoch 4")
          .contains("its learning rates fall until the run's end");
    }
    for (String leavesIt : List.of("epochs epochs", "updates updates")) {
      String[] words = leavesIt.split(" ");
      String train = end.formatted((Object[]) words);
      assertThat(SettingsDifference.between(staged(train, ""), staged(train, change), 3)).isEmpty();
    }
  }
}

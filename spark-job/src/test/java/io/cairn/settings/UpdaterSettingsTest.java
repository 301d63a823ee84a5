/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.SettingsReaderTest.DIGITS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cairn.settings.ScheduleSettings.Decay;
import io.cairn.settings.UpdaterType.Hyperparameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpdaterSettingsTest {

  @TempDir Path folder;

  private Settings read(String train) throws IOException {
    Path file = folder.resolve("job.conf");
    Files.writeString(
        file, DIGITS.replace("train { epochs = 5 }", "train { epochs = 5\n" + train + " }"));
    return SettingsReader.read(file, List.of());
  }

  private UpdaterSettings updater(String text) throws IOException {
    return read("updater {" + text + "}").train().updater().orElseThrow();
  }

  private String problems(String text) {
    SettingsException thrown =
        catchThrowableOfType(SettingsException.class, () -> read("updater {" + text + "}"));
    assertThat(thrown).as("accepted").isNotNull();
    return thrown.getMessage().replace(folder.resolve("job.conf").toString(), "FILE");
  }

  @Test
  void theModelsOwnStaysWhereNothingIsGiven() throws IOException {
    assertThat(read("").train().updater()).isEmpty();
    assertThat(read("updater {}").train().updater()).isEmpty();
  }

  @Test
  void whatIsNotGivenIsTheTypesOwn() throws IOException {
    assertThat(updater("type = adam-w, learning-rate = 1e-3, beta2 = 0.98"))
        .extracting(UpdaterSettings::numbers, UpdaterSettings::weightDecay)
        .containsExactly(
            Map.of(
                Hyperparameter.BETA1,
                0.9,
                Hyperparameter.BETA2,
                0.98,
                Hyperparameter.EPSILON,
                1e-8),
            OptionalDouble.of(0.01));
    assertThat(updater("type = sgd, learning-rate = 1").weightDecay()).isEmpty();
    ScheduleSettings schedule =
        updater("type = sgd, learning-rate = 1, schedule { warm-up = 3, decay = cosine }")
            .schedule()
            .orElseThrow();
    assertThat(schedule.decay()).isEqualTo(Decay.COSINE);
    assertThat(schedule.end()).hasValue(0);
    assertThat(schedule.endsWithTheRun()).isTrue();
  }

  @Test
  void numbersThatATypeDoesNotHaveAreNamedWithThoseThatItHas() {
    assertThat(problems("\ntype = nesterovs\nlearning-rate = 0.1\nbeta1 = 0.9"))
        .isEqualTo(
            """
            1 problem in the settings:
              FILE:16: train.updater.beta1 = 0.9: is no number of nesterovs; \
            it has learning-rate, momentum, weight-decay\
            """);
    assertThat(problems("type = ada-delta, learning-rate = 1, schedule { warm-up = 2 }"))
        .contains("train.updater.learning-rate = 1: has no effect: ada-delta has no learning rate")
        .contains("train.updater.schedule.warm-up = 2: has no effect");
  }

  @Test
  void whatIsMissingOrOutOfRangeIsSaidAllAtOnce() {
    assertThat(problems("learning-rate = 0, weight-decay = -1, momentum = 1.5"))
        .contains("train.updater.learning-rate = 0: must be above 0 and finite")
        .contains("train.updater.weight-decay = -1: must be at least 0 and finite")
        .contains("train.updater.momentum = 1.5: must be above 0 and below 1")
        .contains("train.updater.type: is missing; such as adam-w");
    assertThat(problems("type = adamw, learning-rate = 1"))
        .contains("train.updater.type = adamw: must be one of sgd, nesterovs, adam, ada-max");
    assertThat(problems("type = adam")).contains("train.updater.learning-rate: is missing");
    assertThat(problems("type = sgd, learning-rate = 1, scale-with-batch { rule = sqrt }"))
        .contains("train.updater.scale-with-batch.base: is missing");
  }

  @Test
  void aScheduleTakesOnlyWhatItsFormHas() {
    String sgd = "type = sgd, learning-rate = 1, schedule ";
    assertThat(problems(sgd + "{ decay = cosine, power = 2 }"))
        .contains(
            "train.updater.schedule.power = 2: has no effect with decay = cosine; decay = polynomial");
    assertThat(problems(sgd + "{ decay = step }"))
        .contains("train.updater.schedule.every: is missing");
    assertThat(problems(sgd + "{ decay = one-cycle, warm-up = 5 }"))
        .contains("train.updater.schedule.warm-up = 5: has no place in one cycle");
    assertThat(problems(sgd + "{ decay = linear, warm-up = 5, length = 5 }"))
        .contains("train.updater.schedule.length = 5: leaves no time after a warm-up of 5");
  }

  @Test
  void groupsNeedParametersAndNumbersAndNamesOfTheirOwn() {
    String sgd = "type = sgd, learning-rate = 1, groups = ";
    assertThat(problems(sgd + "[{ layers = a }]"))
        .contains("train.updater.groups[0].learning-rate: is missing");
    assertThat(problems(sgd + "[{ weight-decay = 0 }]"))
        .contains("train.updater.groups[0].layers: is missing");
    assertThat(
            problems(sgd + "[{ layers = a, weight-decay = 0 }, { layers = a, weight-decay = 1 }]"))
        .contains("have two groups of the name a");
    assertThat(problems(sgd + "[{ layer = a, weight-decay = 0 }]"))
        .contains("train.updater.groups[0].layer = a: unknown key; did you mean layers?");
    assertThat(problems(sgd + "[{ parameters = bias, weight-decay = 0 }]"))
        .contains("parameters = bias: must be one of weights, biases, normalization");
  }

  @Test
  void aRunWhoseRatesFallUntilItsEndCannotBecomeLonger() throws IOException {
    String decay = "updater { type = sgd, learning-rate = 1, schedule { decay = linear";
    String open = SettingsJson.render(read(decay + " } }"));
    String fixed = SettingsJson.render(read(decay + ", length = 9 } }"));
    assertThat(SettingsDifference.between(open, longer(open)))
        .extracting(SettingsDifference::toString)
        .singleElement()
        .asString()
        .startsWith("train.epochs was 5, is now 6 (its learning rates fall until the run's end");
    assertThat(SettingsDifference.between(fixed, longer(fixed))).isEmpty();
    assertThat(SettingsDifference.between(open, fixed)).isNotEmpty();
  }

  private static String longer(String json) {
    return json.replace("\"epochs\" : 5", "\"epochs\" : 6");
  }

  @Test
  void patternsFitWholeNames() {
    assertThat(NamePattern.matches("conv*", "conv1")).isTrue();
    assertThat(NamePattern.matches("*1", "conv1")).isTrue();
    assertThat(NamePattern.matches("conv", "conv1")).isFalse();
    assertThat(NamePattern.matches("c.nv1", "conv1")).isFalse();
  }
}

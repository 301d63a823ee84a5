/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import com.typesafe.config.ConfigFactory;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.StagedPlan;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import io.cairn.settings.UpdaterSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Settings of optimizers and of fine-tuning, written as a user writes them. */
final class Updaters {

  private Updaters() {}

  /**
   * What a file with it would mean.
   *
   * @param hocon what stands between the braces of {@code train.updater}
   */
  static UpdaterSettings settings(String hocon) {
    return all("train.updater", hocon).train().updater().orElseThrow();
  }

  /**
   * What a file with it would mean.
   *
   * @param hocon what stands between the braces of {@code model.fine-tune}
   */
  static FineTuneSettings fineTune(String hocon) {
    return all("model.fine-tune", hocon).model().fineTune().orElseThrow();
  }

  /** A plan of so many examples an update, in all epochs. */
  static StagedPlan plan(int effective) {
    return StagedPlan.of(new BatchPlan(1, effective, 1));
  }

  private static Settings all(String block, String hocon) {
    Map<String, Object> values =
        new HashMap<>(
            Map.of(
                "model.source",
                "m",
                "data.train.path",
                "d",
                "data.train.format",
                "csv",
                "data.features",
                List.of("x"),
                "data.label",
                "y",
                "batch.workers",
                1,
                "batch.micro",
                1,
                "batch.steps",
                1,
                "train.epochs",
                1,
                "output",
                "o"));
    values.put(block, ConfigFactory.parseString(hocon).root().unwrapped());
    return SettingsReader.read(values, Optional.empty(), Map.of(), batch -> List.of());
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.readBy;
import static io.cairn.settings.Kind.text;
import static io.cairn.settings.Kind.whole;

import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;

/**
 * The keys outside of all blocks, that of the model, and {@link #ALL} there are.
 *
 * <p>Threading: stateless.
 */
final class SettingsKeys {

  static final Key<String> NAME = Key.of("name", text()).onResume(Resume.MAY_CHANGE);
  static final Key<Long> SEED =
      Key.of("seed", whole(Long.MIN_VALUE, "")).byDefault(1L).onResume(Resume.MUST_STAY);
  static final Key<String> MODEL_SOURCE =
      Key.of("model.source", text())
          .required("the path of a .json, .zip or .h5 file")
          .onResume(Resume.MUST_STAY);
  static final Key<String> OUTPUT =
      Key.of("output", text()).required("the run's directory").onResume(Resume.MAY_CHANGE);
  static final Key<ConfigValue> SPARK =
      Key.of("spark", readBy(SettingsReader.class)).onResume(Resume.MAY_CHANGE);

  /** All settings, in the order of {@code conf/reference.conf}. */
  static final Block<Settings> ALL =
      Block.<Settings>named("", Resume.MUST_STAY)
          .with(NAME, Settings::name)
          .with(SEED, Settings::seed)
          .with(MODEL_SOURCE, settings -> settings.model().source())
          .with(DataKeys.BLOCK, Settings::data)
          .with(BatchKeys.BLOCK, Settings::batch)
          .with(TrainKeys.BLOCK, Settings::train)
          .with(CheckpointKeys.BLOCK, Settings::checkpoint)
          .with(RecoveryKeys.BLOCK, Settings::recovery)
          .with(CollectiveKeys.BLOCK, Settings::collective)
          .with(OUTPUT, Settings::output)
          .with(SPARK, settings -> ConfigValueFactory.fromMap(settings.spark()));

  private SettingsKeys() {}
}

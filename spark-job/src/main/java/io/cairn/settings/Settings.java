/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.ofItsOwn;
import static io.cairn.settings.Kind.text;
import static io.cairn.settings.Kind.whole;

import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Everything the operator asked for. Each value has been checked by itself, but not yet against the
 * cluster, the model or the data.
 *
 * <p>Made by {@link SettingsReader} and passed down to every room.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param name the run's name, for logs and the Spark UI
 * @param seed the one seed that shards, permutations, initial parameters and noise derive from
 * @param model where the model comes from
 * @param data where the examples come from and what they mean
 * @param batch the batch arithmetic as far as it was given
 * @param train how long, and the rules of an update
 * @param checkpoint how often, and how many are kept
 * @param recovery what is done about attempts that fail
 * @param collective the all-reduce's deadline and protection
 * @param compute how a worker computes
 * @param tracking where metrics go besides the run's own files
 * @param output the run's directory, any Hadoop file system
 * @param spark Spark configuration passed on as it is, sorted by name; every name begins with
 *     {@code spark.}
 */
public record Settings(
    String name,
    long seed,
    ModelSettings model,
    DataSettings data,
    BatchSettings batch,
    TrainSettings train,
    CheckpointSettings checkpoint,
    RecoverySettings recovery,
    CollectiveSettings collective,
    ComputeSettings compute,
    TrackingSettings tracking,
    String output,
    Map<String, String> spark) {
  static final Key<String> NAME = Key.of("name", text()).onResume(Resume.MAY_CHANGE);
  static final Key<Long> SEED = Key.of("seed", whole(Long.MIN_VALUE, "")).byDefault(1L);
  static final Key<String> OUTPUT =
      Key.of("output", text()).required("the run's directory").onResume(Resume.MAY_CHANGE);

  /** Read by {@link SettingsReader}. */
  static final Key<ConfigValue> SPARK = Key.of("spark", ofItsOwn()).onResume(Resume.MAY_CHANGE);

  /** All settings, in the order of {@code conf/reference.conf}. */
  static final Block<Settings> ALL =
      Block.<Settings>named("", Resume.MUST_STAY)
          .with(NAME, Settings::name)
          .with(SEED, Settings::seed)
          .with(ModelSettings.BLOCK, Settings::model)
          .maybe(FineTuneSettings.BLOCK, settings -> settings.model().fineTune())
          .with(DataSettings.BLOCK, Settings::data)
          .with(BatchSettings.BLOCK, Settings::batch)
          .with(TrainSettings.BLOCK, Settings::train)
          .with(CheckpointSettings.BLOCK, Settings::checkpoint)
          .with(RecoverySettings.BLOCK, Settings::recovery)
          .with(CollectiveSettings.BLOCK, Settings::collective)
          .with(ComputeSettings.BLOCK, Settings::compute)
          .with(TrackingSettings.BLOCK, Settings::tracking)
          .with(OUTPUT, Settings::output)
          .with(SPARK, settings -> ConfigValueFactory.fromMap(settings.spark()));

  public Settings {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(batch, "batch");
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(checkpoint, "checkpoint");
    Objects.requireNonNull(recovery, "recovery");
    Objects.requireNonNull(collective, "collective");
    Objects.requireNonNull(compute, "compute");
    Objects.requireNonNull(tracking, "tracking");
    Objects.requireNonNull(output, "output");
    if (name.isBlank() || output.isBlank()) {
      throw new IllegalArgumentException("name and output must not be blank");
    }
    spark = Collections.unmodifiableSortedMap(new TreeMap<>(spark));
    for (String key : spark.keySet()) {
      if (!key.startsWith("spark.")) {
        throw new IllegalArgumentException("not the name of a Spark setting: " + key);
      }
    }
  }

  /** The same for another, shorter run beside this one, which nothing tracks. */
  public Settings trial(
      String otherName, TrainSettings otherTrain, CheckpointSettings other, String otherOutput) {
    return new Settings(
        otherName,
        seed,
        model,
        data,
        batch,
        otherTrain,
        other,
        recovery,
        collective,
        compute,
        TrackingSettings.NONE,
        otherOutput,
        spark);
  }
}

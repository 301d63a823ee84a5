/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What the operator asked for, checked value by value but not yet against a cluster or data.
 *
 * <p>Immutable; made by the reader, handed down to every room.
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
    String output,
    Map<String, String> spark) {

  public Settings {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(batch, "batch");
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(checkpoint, "checkpoint");
    Objects.requireNonNull(recovery, "recovery");
    Objects.requireNonNull(collective, "collective");
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
}

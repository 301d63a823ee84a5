/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.FileSystems;
import io.cairn.replica.ModelException;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.Settings;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;

/**
 * The model that a command scores: the one that is named, or that of the run in {@code output}.
 *
 * <p>Threading: stateless.
 *
 * @param setting what names it, for messages
 * @param path where it is
 */
record ModelToScore(String setting, String path) {

  /**
   * Finds it, before anything is started.
   *
   * @param named what {@code --model} says
   * @throws ModelException if the run has no model
   */
  static ModelToScore of(Settings settings, Optional<String> named, SparkConf conf)
      throws IOException {
    if (named.isPresent()) {
      return new ModelToScore("--model", named.get());
    }
    String path = settings.output() + "/model.zip";
    Path file = new Path(path);
    FileSystem files = FileSystems.of(file, hadoop(conf));
    if (!files.exists(file)) {
      throw new ModelException(
          "output = %s holds no model.zip: the run has not ended; train it, or name a model with --model"
              .formatted(settings.output()));
    }
    return new ModelToScore("output's model", path);
  }

  /** Hadoop's settings, as Spark would give them. */
  static Configuration hadoop(SparkConf conf) {
    Configuration hadoop = new Configuration();
    for (Map.Entry<String, String> entry : SparkSettings.hadoop(conf).entrySet()) {
      hadoop.set(entry.getKey(), entry.getValue());
    }
    return hadoop;
  }

  /** Reads it. */
  TrainedModel read(Settings settings, SparkConf conf) throws IOException {
    GraphSettings graph = settings.model().graph();
    boolean replaced = settings.model().fineTune().flatMap(FineTuneSettings::output).isPresent();
    // What a run has left has the new output, and not the value that this one reads, for its own.
    GraphSettings own =
        replaced ? new GraphSettings(Optional.empty(), graph.loss(), graph.normaliseBy()) : graph;
    return TrainedModel.read(setting, path, hadoop(conf), settings.data(), own);
  }
}

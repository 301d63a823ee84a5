/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.settings.Settings;
import io.cairn.settings.SourcePlace;
import io.cairn.settings.SourceSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code --data} names: a place that is read as the run's own data is, unless its format is
 * given.
 *
 * <p>Threading: stateless.
 */
final class SourceArguments {

  private SourceArguments() {}

  /**
   * The source.
   *
   * @param path what is read; a table's name for the format {@code table}
   * @param format a source of Spark SQL; null: that of the run's validation data, or else of its
   *     training data, with its options, schema and query
   * @param options beside those
   */
  static SourceSettings of(
      Settings settings, String path, String format, Map<String, String> options) {
    if (format != null && format.equals("table")) {
      return new SourceSettings(new SourcePlace.Table(path), Optional.empty(), Map.of());
    }
    if (format != null) {
      return new SourceSettings(path, format, options);
    }
    SourceSettings like = settings.data().validation().orElse(settings.data().train());
    if (!(like.place() instanceof SourcePlace.Files files)) {
      return new SourceSettings(new SourcePlace.Table(path), like.query(), like.views());
    }
    Map<String, String> all = new LinkedHashMap<>(files.options());
    all.putAll(options);
    return new SourceSettings(
        new SourcePlace.Files(Optional.of(path), files.format(), all, files.schema()),
        like.query(),
        like.views());
  }
}

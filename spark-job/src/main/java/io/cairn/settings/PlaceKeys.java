/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static com.typesafe.config.ConfigValueFactory.fromMap;
import static io.cairn.settings.Kind.text;

import com.typesafe.config.ConfigValue;
import java.util.Optional;
import java.util.Set;

/**
 * The keys that say where rows are read from. They occur in three blocks: {@code data.train},
 * {@code data.validation}, and each entry of their {@code sources}.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param path what the source reads
 * @param format the source
 * @param options its own options, read by {@link SourcesSection}
 * @param schema columns and types
 * @param table instead of all these
 * @param frame instead of all these, where a program gives data frames
 */
record PlaceKeys(
    Key<String> path,
    Key<String> format,
    Key<ConfigValue> options,
    Key<String> schema,
    Key<String> table,
    Key<String> frame) {

  /** Those of an entry of {@code sources}. */
  static final PlaceKeys OF_VIEW = named("");

  /**
   * The keys.
   *
   * @param prefix what their names begin with
   */
  static PlaceKeys named(String prefix) {
    return new PlaceKeys(
        Key.of(prefix + "path", text()),
        Key.of(prefix + "format", text()),
        Key.of(prefix + "options", Kind.ofItsOwn()),
        Key.of(prefix + "schema", text()),
        Key.of(prefix + "table", text()),
        Key.of(prefix + "frame", text()));
  }

  /** Their names. */
  Set<String> names() {
    return block("").keys().keySet();
  }

  /** Where a place has their values. */
  Block<SourcePlace> block(String name) {
    return Block.<SourcePlace>named(name, Resume.MUST_STAY)
        .maybe(path, place -> files(place).flatMap(SourcePlace.Files::path))
        .maybe(format, place -> files(place).map(SourcePlace.Files::format))
        .maybe(options, place -> files(place).map(files -> fromMap(files.options())))
        .maybe(schema, place -> files(place).flatMap(SourcePlace.Files::schema))
        .maybe(
            table,
            place ->
                place instanceof SourcePlace.Table named
                    ? Optional.of(named.name())
                    : Optional.empty())
        .maybe(
            frame,
            place ->
                place instanceof SourcePlace.Frame given
                    ? Optional.of(given.name())
                    : Optional.empty());
  }

  private static Optional<SourcePlace.Files> files(SourcePlace place) {
    return place instanceof SourcePlace.Files files ? Optional.of(files) : Optional.empty();
  }
}

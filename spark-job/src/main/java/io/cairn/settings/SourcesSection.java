/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads the blocks {@code data.train} and {@code data.validation}: the files or the table, the
 * query, and the further sources that the query uses.
 *
 * <p>Threading: one thread.
 */
final class SourcesSection {

  private static final SourceKeys TRAIN = SourceKeys.TRAIN;
  private static final SourceKeys VALIDATION = SourceKeys.VALIDATION;
  private static final String IDX = "idx";
  private static final String IDX_LABELS = "labels";
  private static final Pattern VIEW_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /** Formats that read files: a source of any other may live without a path, as jdbc does. */
  private static final Set<String> FILE_FORMATS =
      Set.of(
          "parquet",
          "orc",
          "csv",
          "json",
          "text",
          "avro",
          "libsvm",
          "binaryfile",
          "image",
          "delta",
          IDX);

  private final Values values;
  private final UnaryOperator<String> absolutePath;
  private final Optional<SourceSettings> train;
  private final Optional<SourceSettings> validation;

  /** Reads everything; problems go to the findings of {@code values}. */
  SourcesSection(Values values, UnaryOperator<String> absolutePath) {
    this.values = values;
    this.absolutePath = absolutePath;
    Optional<SourcePlace> place = place(values, TRAIN.place());
    Optional<String> query = values.maybe(TRAIN.query());
    Map<String, SourcePlace> views = views(TRAIN);
    requireQuery(TRAIN, query);
    train = place.map(found -> source(found, query, views));
    validation = validation(query, views);
    checkFraction();
  }

  /** The training examples' source, once nothing is known to be wrong. */
  SourceSettings train() {
    return train.orElseThrow();
  }

  /** The validation examples' source, if they have one. */
  Optional<SourceSettings> validation() {
    return validation;
  }

  /** Whether the columns are those of MNIST's files. */
  boolean isIdx() {
    return values.maybe(TRAIN.place().format()).filter(IDX::equals).isPresent();
  }

  private void checkFraction() {
    values.maybe(DataSettings.FRACTION);
    sourceOfValidation()
        .ifPresent(
            key ->
                values.wrongIfGiven(
                    DataSettings.FRACTION,
                    "contradicts " + key.name(),
                    "give validation examples of their own or a fraction of the training examples"));
  }

  private static SourceSettings source(
      SourcePlace place, Optional<String> query, Map<String, SourcePlace> views) {
    return new SourceSettings(place, query, query.isPresent() ? views : Map.of());
  }

  private Optional<SourcePlace> place(Values from, PlaceKeys keys) {
    Optional<String> path = from.maybe(keys.path());
    Optional<String> format = from.maybe(keys.format());
    Optional<String> schema = from.maybe(keys.schema());
    Map<String, String> options = from.texts(keys.options());
    Optional<SourcePlace> named = named(from, keys);
    if (isNamed(from, keys)) {
      return named;
    }
    if (path.isEmpty() && format.map(SourcesSection::readsFiles).orElse(true)) {
      from.missing(keys.path(), "is missing", "the examples' path; or table = the name of one");
    }
    if (format.isEmpty()) {
      from.missing(keys.format(), "is missing", "such as parquet, csv, json, orc, libsvm or idx");
      return Optional.empty();
    }
    return files(from, keys, format.get(), options, schema);
  }

  private Optional<SourcePlace> files(
      Values from,
      PlaceKeys keys,
      String format,
      Map<String, String> options,
      Optional<String> schema) {
    if (format.equals(IDX)) {
      from.wrongIfGiven(keys.schema(), "has no meaning with format idx", "");
    }
    Optional<String> path = from.maybe(keys.path());
    if (path.isEmpty() && readsFiles(format)) {
      return Optional.empty();
    }
    return Optional.of(
        new SourcePlace.Files(path.map(absolutePath), format, optionsOf(format, options), schema));
  }

  private static boolean readsFiles(String format) {
    return FILE_FORMATS.contains(format.toLowerCase(Locale.ROOT));
  }

  /** Whether it is a table or a data frame, of which there is nothing more to say. */
  private static boolean isNamed(Values from, PlaceKeys keys) {
    return from.isGiven(keys.table()) || from.isGiven(keys.frame());
  }

  private static Optional<SourcePlace> named(Values from, PlaceKeys keys) {
    Optional<String> table = from.maybe(keys.table());
    Optional<String> frame = from.maybe(keys.frame());
    if (!isNamed(from, keys)) {
      return Optional.empty();
    }
    boolean isFrame = from.isGiven(keys.frame());
    Key<?> given = isFrame ? keys.frame() : keys.table();
    List<Key<?>> others = List.of(keys.path(), keys.format(), keys.options(), keys.schema());
    for (Key<?> key : others) {
      from.wrongIfGiven(
          key,
          "contradicts " + given.name(),
          isFrame
              ? "give a data frame, or path and format"
              : "give a table of the catalog, or path and format");
    }
    if (isFrame) {
      from.wrongIfGiven(keys.table(), "contradicts " + given.name(), "give one of them");
      return frame.map(SourcePlace.Frame::new);
    }
    return table.map(SourcePlace.Table::new);
  }

  /** The options, with a path among them made absolute like all others. */
  private Map<String, String> optionsOf(String format, Map<String, String> options) {
    Map<String, String> resolved = new TreeMap<>(options);
    if (format.equals(IDX)) {
      resolved.computeIfPresent(IDX_LABELS, (option, path) -> absolutePath.apply(path));
    }
    return resolved;
  }

  private Map<String, SourcePlace> views(SourceKeys keys) {
    Map<String, SourcePlace> views = new TreeMap<>();
    Set<String> names = new HashSet<>(Set.of(SourceSettings.DATA_VIEW));
    values
        .blocks(keys.sources(), PlaceKeys.OF_VIEW.names())
        .forEach(
            (name, view) -> {
              if (!VIEW_NAME.matcher(name).matches() || !names.add(name.toLowerCase(Locale.ROOT))) {
                values.wrongIfGiven(
                    keys.sources().name() + "." + name,
                    "is no name for a view of its own",
                    "letters, digits and _, and not " + SourceSettings.DATA_VIEW);
              }
              place(view, PlaceKeys.OF_VIEW).ifPresent(found -> views.put(name, found));
            });
    return views;
  }

  private void requireQuery(SourceKeys keys, Optional<String> query) {
    if (query.isEmpty()) {
      values.wrongIfGiven(
          keys.sources(), "has no meaning without " + keys.query().name(), "a query that reads it");
    }
  }

  private Optional<Key<?>> sourceOfValidation() {
    PlaceKeys place = VALIDATION.place();
    return Stream.<Key<?>>of(
            place.path(), place.table(), place.frame(), VALIDATION.query(), place.format())
        .filter(values::isGiven)
        .findFirst();
  }

  private Optional<SourceSettings> validation(
      Optional<String> trainQuery, Map<String, SourcePlace> trainViews) {
    Optional<String> own = values.maybe(VALIDATION.query());
    Optional<String> query = own.or(() -> trainQuery);
    Map<String, SourcePlace> read = views(VALIDATION);
    requireQuery(VALIDATION, query);
    Map<String, SourcePlace> views = values.isGiven(VALIDATION.sources()) ? read : trainViews;
    Optional<SourcePlace> place = validationPlace();
    if (place.isEmpty() && own.isPresent() && isNowhere()) {
      if (trainQuery.isEmpty()) {
        values.wrongIfGiven(
            VALIDATION.query(),
            "chooses among the training examples, which are all trained on",
            "give data.train.query too, or a path or table of validation examples");
      }
      place = train.map(SourceSettings::place);
    }
    return place.map(found -> source(found, query, views));
  }

  private boolean isNowhere() {
    PlaceKeys keys = VALIDATION.place();
    return Stream.of(keys.path(), keys.table(), keys.frame(), keys.format())
        .noneMatch(values::isGiven);
  }

  private Optional<SourcePlace> validationPlace() {
    PlaceKeys keys = VALIDATION.place();
    Optional<String> path = values.maybe(keys.path());
    Optional<String> format = values.maybe(keys.format());
    Optional<String> schema = values.maybe(keys.schema());
    Map<String, String> options = values.texts(keys.options());
    Optional<SourcePlace> named = named(values, keys);
    if (isNamed(values, keys)) {
      return named;
    }
    if (path.isEmpty() && format.map(SourcesSection::readsFiles).orElse(true)) {
      for (Key<?> key : List.of(keys.format(), keys.options(), keys.schema())) {
        values.wrongIfGiven(key, "has no meaning without " + keys.path().name(), "");
      }
      return Optional.empty();
    }
    Optional<SourcePlace.Files> as =
        train.flatMap(SourceSettings::files).filter(files -> format.isEmpty());
    if (format.isEmpty() && as.isEmpty()) {
      if (isNamed(values, TRAIN.place())) {
        values.missing(
            keys.format(),
            "is missing",
            "since data.train is a "
                + (values.isGiven(TRAIN.place().table()) ? "table" : "data frame"));
      }
      return Optional.empty();
    }
    boolean sameOptions = as.isPresent() && !values.isGiven(keys.options());
    return files(
        values,
        keys,
        format.orElseGet(() -> as.orElseThrow().format()),
        sameOptions ? as.orElseThrow().options() : options,
        schema.or(() -> as.flatMap(SourcePlace.Files::schema)));
  }
}

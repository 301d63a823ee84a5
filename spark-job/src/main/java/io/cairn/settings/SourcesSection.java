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
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads {@code data.train} and {@code data.validation}: files or a table, the query over them, and
 * what else that query reads.
 *
 * <p>Threading: one thread.
 */
final class SourcesSection {

  /** The keys of one entry of {@code data.train.sources}. */
  static final Set<String> VIEW_KEYS = Set.of("path", "table", "format", "options", "schema");

  private static final String TRAIN = "data.train.";
  private static final String VALIDATION = "data.validation.";
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
  private final Optional<String> trainFormat;
  private final Optional<SourceSettings> train;
  private final Optional<SourceSettings> validation;
  private final OptionalDouble fraction;

  /** Reads everything; problems go to the findings of {@code values}. */
  SourcesSection(Values values, UnaryOperator<String> absolutePath) {
    this.values = values;
    this.absolutePath = absolutePath;
    trainFormat = values.text(TRAIN + "format");
    Optional<SourcePlace> place = place(values, TRAIN);
    Optional<String> query = values.text(TRAIN + "query");
    Map<String, SourcePlace> views = views(TRAIN);
    requireQuery(TRAIN, query);
    train = place.map(found -> source(found, query, views));
    validation = validation(query, views);
    fraction = fraction();
  }

  /** The training examples' source, once nothing is known to be wrong. */
  SourceSettings train() {
    return train.orElseThrow();
  }

  /** The validation examples' source, if they have one. */
  Optional<SourceSettings> validation() {
    return validation;
  }

  /** The share of the training examples that is held out, if one is. */
  OptionalDouble validationFraction() {
    return fraction;
  }

  /** Whether the columns are those of MNIST's files. */
  boolean isIdx() {
    return trainFormat.filter(IDX::equals).isPresent();
  }

  private OptionalDouble fraction() {
    OptionalDouble read = values.number(VALIDATION + "fraction", 0, 1);
    sourceOfValidation()
        .ifPresent(
            key ->
                values.wrongIfGiven(
                    VALIDATION + "fraction",
                    "contradicts " + key,
                    "give validation examples of their own or a fraction of the training examples"));
    return read;
  }

  private static SourceSettings source(
      SourcePlace place, Optional<String> query, Map<String, SourcePlace> views) {
    return new SourceSettings(place, query, query.isPresent() ? views : Map.of());
  }

  private Optional<SourcePlace> place(Values from, String prefix) {
    Optional<String> path = from.text(prefix + "path");
    Optional<String> table = from.text(prefix + "table");
    Optional<String> format = from.text(prefix + "format");
    Optional<String> schema = from.text(prefix + "schema");
    Map<String, String> options = from.texts(prefix + "options");
    if (from.isGiven(prefix + "table")) {
      refuseBesideTable(from, prefix);
      return table.map(SourcePlace.Table::new);
    }
    if (path.isEmpty() && format.map(SourcesSection::readsFiles).orElse(true)) {
      from.missing(prefix + "path", "is missing", "the examples' path; or table = the name of one");
    }
    if (format.isEmpty()) {
      from.missing(
          prefix + "format", "is missing", "such as parquet, csv, json, orc, libsvm or idx");
      return Optional.empty();
    }
    return files(from, prefix, path, format.get(), options, schema);
  }

  private Optional<SourcePlace> files(
      Values from,
      String prefix,
      Optional<String> path,
      String format,
      Map<String, String> options,
      Optional<String> schema) {
    if (format.equals(IDX)) {
      from.wrongIfGiven(prefix + "schema", "has no meaning with format idx", "");
    }
    if (path.isEmpty() && readsFiles(format)) {
      return Optional.empty();
    }
    return Optional.of(
        new SourcePlace.Files(path.map(absolutePath), format, optionsOf(format, options), schema));
  }

  private static boolean readsFiles(String format) {
    return FILE_FORMATS.contains(format.toLowerCase(Locale.ROOT));
  }

  private static void refuseBesideTable(Values from, String prefix) {
    for (String key : List.of("path", "format", "options", "schema")) {
      from.wrongIfGiven(
          prefix + key,
          "contradicts " + prefix + "table",
          "give a table of the catalog, or path and format");
    }
  }

  /** The options, with a path among them made absolute like all others. */
  private Map<String, String> optionsOf(String format, Map<String, String> options) {
    Map<String, String> resolved = new TreeMap<>(options);
    if (format.equals(IDX)) {
      resolved.computeIfPresent(IDX_LABELS, (option, path) -> absolutePath.apply(path));
    }
    return resolved;
  }

  private Map<String, SourcePlace> views(String prefix) {
    Map<String, SourcePlace> views = new TreeMap<>();
    Set<String> names = new HashSet<>(Set.of(SourceSettings.DATA_VIEW));
    values
        .blocks(prefix + "sources", VIEW_KEYS)
        .forEach(
            (name, view) -> {
              if (!VIEW_NAME.matcher(name).matches() || !names.add(name.toLowerCase(Locale.ROOT))) {
                values.wrongIfGiven(
                    prefix + "sources." + name,
                    "is no name for a view of its own",
                    "letters, digits and _, and not " + SourceSettings.DATA_VIEW);
              }
              place(view, "").ifPresent(found -> views.put(name, found));
            });
    return views;
  }

  private void requireQuery(String prefix, Optional<String> query) {
    if (query.isEmpty()) {
      values.wrongIfGiven(
          prefix + "sources",
          "has no meaning without " + prefix + "query",
          "a query that reads it");
    }
  }

  private Optional<String> sourceOfValidation() {
    return Stream.of("path", "table", "query", "format")
        .map(key -> VALIDATION + key)
        .filter(values::isGiven)
        .findFirst();
  }

  private Optional<SourceSettings> validation(
      Optional<String> trainQuery, Map<String, SourcePlace> trainViews) {
    Optional<String> own = values.text(VALIDATION + "query");
    Optional<String> query = own.or(() -> trainQuery);
    Map<String, SourcePlace> read = views(VALIDATION);
    requireQuery(VALIDATION, query);
    Map<String, SourcePlace> views = values.isGiven(VALIDATION + "sources") ? read : trainViews;
    Optional<SourcePlace> place = validationPlace();
    if (place.isEmpty() && own.isPresent() && isNowhere()) {
      if (trainQuery.isEmpty()) {
        values.wrongIfGiven(
            VALIDATION + "query",
            "chooses among the training examples, which are all trained on",
            "give data.train.query too, or a path or table of validation examples");
      }
      place = train.map(SourceSettings::place);
    }
    return place.map(found -> source(found, query, views));
  }

  private boolean isNowhere() {
    return Stream.of("path", "table", "format").noneMatch(key -> values.isGiven(VALIDATION + key));
  }

  private Optional<SourcePlace> validationPlace() {
    Optional<String> path = values.text(VALIDATION + "path");
    Optional<String> table = values.text(VALIDATION + "table");
    Optional<String> format = values.text(VALIDATION + "format");
    Optional<String> schema = values.text(VALIDATION + "schema");
    Map<String, String> options = values.texts(VALIDATION + "options");
    if (values.isGiven(VALIDATION + "table")) {
      refuseBesideTable(values, VALIDATION);
      return table.map(SourcePlace.Table::new);
    }
    if (path.isEmpty() && format.map(SourcesSection::readsFiles).orElse(true)) {
      for (String key : List.of("format", "options", "schema")) {
        values.wrongIfGiven(VALIDATION + key, "has no meaning without " + VALIDATION + "path", "");
      }
      return Optional.empty();
    }
    Optional<SourcePlace.Files> as =
        train.flatMap(SourceSettings::files).filter(files -> format.isEmpty());
    if (format.isEmpty() && as.isEmpty()) {
      if (values.isGiven(TRAIN + "table")) {
        values.missing(VALIDATION + "format", "is missing", "since data.train is a table");
      }
      return Optional.empty();
    }
    boolean sameOptions = as.isPresent() && !values.isGiven(VALIDATION + "options");
    return files(
        values,
        VALIDATION,
        path,
        format.orElseGet(() -> as.orElseThrow().format()),
        sameOptions ? as.orElseThrow().options() : options,
        schema.or(() -> as.flatMap(SourcePlace.Files::schema)));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One source of examples: what is read, and perhaps a query over it.
 *
 * @param place what is read
 * @param query a Spark SQL query over the views {@code data}, which is {@code place}, and {@code
 *     views}; absent: all rows and columns
 * @param views what else the query reads, by the name it has there, sorted by name
 */
public record SourceSettings(
    SourcePlace place, Optional<String> query, Map<String, SourcePlace> views) {

  /** The name that a query has for the source itself. */
  public static final String DATA_VIEW = "data";

  public SourceSettings {
    Objects.requireNonNull(place, "place");
    Objects.requireNonNull(query, "query");
    views = Collections.unmodifiableSortedMap(new TreeMap<>(views));
    if (query.isEmpty() && !views.isEmpty()) {
      throw new IllegalArgumentException("views without a query that reads them");
    }
  }

  /** All rows of files. */
  public SourceSettings(String path, String format, Map<String, String> options) {
    this(
        new SourcePlace.Files(Optional.of(path), format, options, Optional.empty()),
        Optional.empty(),
        Map.of());
  }

  /** What a Spark SQL source reads, where the place is no table. */
  public Optional<SourcePlace.Files> files() {
    return place instanceof SourcePlace.Files files ? Optional.of(files) : Optional.empty();
  }

  /** Where it is, for sentences. */
  public String name() {
    return query.isPresent() ? "the query over " + place.name() : place.name();
  }

  /** What is read and how, for sentences. */
  public String description() {
    return query.isPresent() ? "the query over " + place.description() : place.description();
  }
}

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

/** Where rows are read from: files or a table. */
public sealed interface SourcePlace {

  /** What is read and how, for sentences. */
  String description();

  /** The path, or the table. */
  String name();

  /**
   * What a Spark SQL source reads.
   *
   * @param path a path of any file system that Spark reads, patterns included; absent where the
   *     source takes none, such as jdbc
   * @param format a Spark SQL source ({@code parquet}, {@code csv}, {@code json}, {@code orc},
   *     {@code libsvm}, ...) or {@code idx}
   * @param options options of that source, passed on as they are, sorted by name
   * @param schema the columns and their types as DDL; absent: what the source says
   */
  record Files(
      Optional<String> path, String format, Map<String, String> options, Optional<String> schema)
      implements SourcePlace {
    public Files {
      Objects.requireNonNull(path, "path");
      Objects.requireNonNull(format, "format");
      Objects.requireNonNull(schema, "schema");
      if (path.filter(String::isBlank).isPresent() || format.isBlank()) {
        throw new IllegalArgumentException("path and format must not be blank");
      }
      options = Collections.unmodifiableSortedMap(new TreeMap<>(options));
    }

    @Override
    public String description() {
      return path.map(place -> place + " as " + format).orElse(format);
    }

    @Override
    public String name() {
      return path.orElse(format);
    }
  }

  /**
   * A table or view of the session's catalog.
   *
   * @param name with its database, and its catalog where it has one
   */
  record Table(String name) implements SourcePlace {
    public Table {
      if (name.isBlank()) {
        throw new IllegalArgumentException("a table's name must not be blank");
      }
    }

    @Override
    public String description() {
      return "table " + name;
    }
  }

  /**
   * A data frame that is given beside the settings, by a program; no file can give one.
   *
   * @param name by which it is given
   */
  record Frame(String name) implements SourcePlace {
    public Frame {
      if (name.isBlank()) {
        throw new IllegalArgumentException("a data frame's name must not be blank");
      }
    }

    @Override
    public String description() {
      return "data frame " + name;
    }
  }
}

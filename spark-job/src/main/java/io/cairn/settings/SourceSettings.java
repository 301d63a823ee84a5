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
 * One source of examples.
 *
 * @param path a path of any file system that Spark reads
 * @param format a Spark SQL source ({@code parquet}, {@code csv}, {@code json}, {@code orc}, {@code
 *     libsvm}, ...) or {@code idx}
 * @param options options of that source, passed on as they are, sorted by name
 */
public record SourceSettings(String path, String format, Map<String, String> options) {
  public SourceSettings {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(format, "format");
    if (path.isBlank() || format.isBlank()) {
      throw new IllegalArgumentException("path and format must not be blank");
    }
    options = Collections.unmodifiableSortedMap(new TreeMap<>(options));
  }
}

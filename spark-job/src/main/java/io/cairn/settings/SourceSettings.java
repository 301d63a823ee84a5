/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Map;
import java.util.Objects;

/**
 * One source of examples.
 *
 * @param path a path of any file system that Spark reads
 * @param format a Spark SQL source ({@code parquet}, {@code csv}, {@code json}, {@code orc}, {@code libsvm}, ...) or {@code idx}
 * @param options options of that source, passed on as they are
 */
public record SourceSettings(String path, String format, Map<String, String> options) {
  public SourceSettings {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(format, "format");
    options = Map.copyOf(options);
  }
}

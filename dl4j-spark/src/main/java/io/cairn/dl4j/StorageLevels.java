/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import java.util.List;
import org.apache.spark.storage.StorageLevel;

/**
 * Spark's storage levels by their names.
 *
 * <p>Threading: stateless.
 */
final class StorageLevels {

  private static final List<String> NAMES =
      List.of(
          "NONE",
          "DISK_ONLY",
          "DISK_ONLY_2",
          "DISK_ONLY_3",
          "MEMORY_ONLY",
          "MEMORY_ONLY_2",
          "MEMORY_ONLY_SER",
          "MEMORY_ONLY_SER_2",
          "MEMORY_AND_DISK",
          "MEMORY_AND_DISK_2",
          "MEMORY_AND_DISK_SER",
          "MEMORY_AND_DISK_SER_2",
          "OFF_HEAP");

  private StorageLevels() {}

  /** The name that {@code StorageLevel.fromString} knows. */
  static String name(StorageLevel level) {
    return NAMES.stream()
        .filter(name -> StorageLevel.fromString(name).equals(level))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "storageLevel %s has no name; those that have one are %s"
                        .formatted(level, NAMES)));
  }
}

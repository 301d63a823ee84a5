/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * One key on which two settings differ.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param key the setting, such as {@code batch.micro}
 * @param left its value in the first settings, as JSON; absent where it has none
 * @param right its value in the second settings
 */
public record SettingsDifference(String key, Optional<String> left, Optional<String> right) {

  private static final Set<String> HOW_LONG = Set.of("train.epochs", "train.updates");
  private static final List<String> HOUSEKEEPING =
      List.of("name", "output", "checkpoint.", "collective.", "spark.");

  public SettingsDifference {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(left, "left");
    Objects.requireNonNull(right, "right");
  }

  /**
   * Whether updates come out different because of it, so that one run cannot go on as the other.
   * How long to train, and housekeeping (name, output, checkpoint, collective, spark), do not.
   */
  public boolean changesUpdates() {
    return !HOW_LONG.contains(key) && HOUSEKEEPING.stream().noneMatch(key::startsWith);
  }

  /** For people: {@code seed = 7, not 8}. */
  @Override
  public String toString() {
    return key + " = " + left.orElse("(absent)") + ", not " + right.orElse("(absent)");
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.Serializable;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which checkpoints are kept: the newest {@code keep}, and the first one of every {@code
 * keepEveryUpdates} updates.
 *
 * @param keep newest ones kept, at least 1
 * @param keepEveryUpdates distance of those kept for good, at least 1; 0 for none
 */
public record Retention(int keep, long keepEveryUpdates) implements Serializable {
  private static final long serialVersionUID = 1L;

  public Retention {
    if (keep < 1 || keepEveryUpdates < 0) {
      throw new IllegalArgumentException(
          "keep must be at least 1 and keepEveryUpdates at least 0, not %d, %d"
              .formatted(keep, keepEveryUpdates));
    }
  }

  /**
   * With the setting as it is read.
   *
   * @param keepEveryUpdates empty for none
   */
  public static Retention of(int keep, OptionalLong keepEveryUpdates) {
    return new Retention(keep, keepEveryUpdates.orElse(0));
  }

  /** Those of {@code updates} that stay; never empty unless {@code updates} is. */
  SortedSet<Long> survivors(Collection<Long> updates) {
    TreeSet<Long> all = new TreeSet<>(updates);
    TreeSet<Long> survivors = new TreeSet<>();
    all.descendingSet().stream().limit(keep).forEach(survivors::add);
    if (keepEveryUpdates > 0) {
      long lastEra = 0;
      for (long update : all) {
        long era = update / keepEveryUpdates;
        if (era > lastEra) {
          survivors.add(update);
        }
        lastEra = era;
      }
    }
    return survivors;
  }
}

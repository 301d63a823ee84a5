/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * Names as people write them: {@code weight-init}, {@code weightInit} and {@code WEIGHT_INIT} are
 * the same.
 *
 * <p>Threading: stateless.
 */
final class Names {

  private Names() {}

  /** Without what writers of other conventions do differently: case, dashes, underscores. */
  static String folded(String name) {
    return name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
  }

  /** As settings are written: {@code kernelSize} is {@code kernel-size}. */
  static String dashed(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The name that was probably meant, or else all of them. */
  static String suggestion(String name, Collection<String> known) {
    return nearest(name, known)
        .map(found -> "did you mean " + found + "?")
        .orElse("there are: " + String.join(", ", new TreeSet<>(known)));
  }

  /** The word that was probably meant, if one is near; empty if none is. */
  static String meant(String name, Collection<String> known) {
    return nearest(name, known).map(found -> "did you mean " + found + "?").orElse("");
  }

  private static Optional<String> nearest(String name, Collection<String> known) {
    int most = Math.max(2, name.length() / 3);
    return known.stream()
        .filter(candidate -> distance(candidate, name) <= most)
        .min(
            Comparator.comparingInt((String candidate) -> distance(candidate, name))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static int distance(String a, String b) {
    return LevenshteinDistance.getDefaultInstance().apply(folded(a), folded(b));
  }
}

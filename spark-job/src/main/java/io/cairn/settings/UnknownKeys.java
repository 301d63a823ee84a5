/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueType;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * Finds keys that do not exist and suggests the key that was probably meant. Without this check a
 * misspelt key would silently leave the default in place.
 *
 * <p>Threading: stateless.
 */
final class UnknownKeys {

  private UnknownKeys() {}

  /** Reports every unknown key of the settings, and every block that is not one. */
  static void check(ConfigObject settings, Findings findings) {
    check("", settings, findings);
  }

  /** Reports every key of one list entry that is not in {@code known}. */
  static void checkEntry(
      String prefix, ConfigObject entry, Collection<String> known, Findings findings) {
    entry.forEach(
        (name, value) -> {
          if (!known.contains(name)) {
            findings.wrong(
                value,
                prefix + name,
                "unknown key",
                nearest(name, known)
                    .map(UnknownKeys::didYouMean)
                    .orElse("valid here: " + String.join(", ", new TreeSet<>(known))));
          }
        });
  }

  private static void check(String prefix, ConfigObject block, Findings findings) {
    block.forEach(
        (name, value) -> {
          String path = prefix.isEmpty() ? joined(name) : prefix + "." + joined(name);
          if (!Catalog.names().contains(path)) {
            findings.wrong(value, path, "unknown key", suggestion(prefix, path));
          } else if (Catalog.isBlock(path)) {
            if (value instanceof ConfigObject inner) {
              check(path, inner, findings);
            } else if (value.valueType() != ConfigValueType.NULL) {
              findings.wrong(value, path, "must be a block", path + " { ... }");
            }
          }
        });
  }

  private static String joined(String name) {
    return ConfigUtil.joinPath(name);
  }

  private static String suggestion(String prefix, String path) {
    String name = lastName(path);
    Optional<String> elsewhere =
        Catalog.names().stream()
            .filter(known -> lastName(known).equals(name))
            .min(Comparator.comparingInt(known -> distance(known, path)));
    return elsewhere
        .or(() -> nearest(path, Catalog.names()))
        .map(UnknownKeys::didYouMean)
        .orElseGet(() -> "valid here: " + siblings(prefix));
  }

  private static String siblings(String prefix) {
    String start = prefix.isEmpty() ? "" : prefix + ".";
    TreeSet<String> names = new TreeSet<>();
    for (String known : Catalog.names()) {
      String rest = known.startsWith(start) ? known.substring(start.length()) : "";
      if (!rest.isEmpty() && rest.indexOf('.') < 0) {
        names.add(rest);
      }
    }
    return String.join(", ", names);
  }

  /** Of names that are equally near, the one that begins alike for longest. */
  private static Optional<String> nearest(String key, Collection<String> known) {
    int most = Math.max(2, key.length() / 3);
    return known.stream()
        .filter(candidate -> distance(candidate, key) <= most)
        .min(
            Comparator.comparingInt((String candidate) -> distance(candidate, key))
                .thenComparingInt(candidate -> -alike(candidate, key)));
  }

  private static int alike(String a, String b) {
    return Arrays.mismatch(a.toCharArray(), b.toCharArray());
  }

  private static int distance(String a, String b) {
    return LevenshteinDistance.getDefaultInstance().apply(folded(a), folded(b));
  }

  /** Without what writers of other conventions do differently: case, dashes, underscores. */
  private static String folded(String key) {
    return key.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
  }

  private static String lastName(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  private static String didYouMean(String key) {
    return "did you mean " + key + "?";
  }
}

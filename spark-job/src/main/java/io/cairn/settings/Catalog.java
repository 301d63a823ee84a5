/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * All names that a settings file may contain: those of the keys, and those of the blocks around
 * them.
 *
 * <p>Threading: immutable, safe everywhere.
 */
final class Catalog {

  private static final Map<String, Key<?>> KEYS = Settings.ALL.keys();
  private static final Map<String, Resume> RULES = Settings.ALL.rules();
  private static final Set<String> PATHS = paths();

  private Catalog() {}

  /** Every key by its name. */
  static Map<String, Key<?>> keys() {
    return KEYS;
  }

  /** Every key and block by its full path, sorted. */
  static Set<String> names() {
    return PATHS;
  }

  /** Whether the path is a block of settings, as opposed to one setting. */
  static boolean isBlock(String path) {
    return PATHS.contains(path) && !KEYS.containsKey(path);
  }

  /**
   * What holds on resume for a path in {@code settings.json}: what its key says, or the key of a
   * block with a form of its own around it, else the innermost block.
   */
  static Resume onResume(String path) {
    String rest = path;
    while (!rest.isEmpty()) {
      Key<?> key = KEYS.get(rest);
      if (key != null && key.onResume().isPresent()) {
        return key.onResume().get();
      }
      if (RULES.containsKey(rest)) {
        return RULES.get(rest);
      }
      rest = outer(rest);
    }
    return RULES.get("");
  }

  private static Set<String> paths() {
    TreeSet<String> paths = new TreeSet<>();
    for (String key : KEYS.keySet()) {
      for (String path = key; !path.isEmpty(); path = outer(path)) {
        paths.add(path);
      }
    }
    return Collections.unmodifiableSet(paths);
  }

  private static String outer(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('.')));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Locale;
import java.util.Map;

/** How Keras names the parts of a {@code .keras} file. */
final class KerasNames {

  private KerasNames() {}

  /** {@code Conv2D} is {@code conv2d}, {@code PReLU} is {@code p_re_lu}. */
  static String snakeCase(String className) {
    return className
        .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }

  /**
   * The name itself the first time, then with a number.
   *
   * @param used how often each was asked for; counted on
   */
  static String unique(String name, Map<String, Integer> used) {
    int before = used.merge(name, 1, Integer::sum) - 1;
    return before == 0 ? name : name + "_" + before;
  }
}

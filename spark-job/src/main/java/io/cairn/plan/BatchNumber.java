/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.util.Locale;

/** The four numbers of {@code workers x micro x steps = effective}, in this order. */
enum BatchNumber {
  WORKERS,
  MICRO,
  STEPS,
  EFFECTIVE;

  /** As in the formula and the settings. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The setting. */
  String key() {
    return "batch." + word();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.regex.Pattern;

/**
 * Which settings keep a secret, by their names. Pages and trackers, which are passed on more easily
 * than a directory, do not show their values.
 *
 * <p>Threading: stateless.
 */
public final class SecretNames {

  /** As Spark's own {@code spark.redaction.regex}, with keys of storage accounts. */
  private static final Pattern SECRET =
      Pattern.compile(
          "(?i)secret|password|passphrase|token|credential|access[.-]?key|account[.-]?key");

  private SecretNames() {}

  /** Whether the value of a setting is not to be shown. */
  public static boolean has(String name) {
    return SECRET.matcher(name).find();
  }
}

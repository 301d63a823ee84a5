/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.regex.Pattern;

/**
 * Keeps off a page or a tracker what is secret: they are passed on more easily than a run's
 * directory. Hidden are values of settings whose names tell that they are secret, passwords in
 * addresses, and secret parameters of addresses. A secret that stands elsewhere in a text is not
 * known as one.
 *
 * <p>Threading: stateless.
 */
public final class Secrets {

  private static final String HIDDEN = "(not shown)";

  private static final String WORDS =
      "secret|passwd|password|passphrase|pwd|token|credential|signature"
          + "|(?:access|account|api|encryption|master|private|sas|shared|storage)[._-]?key";

  /** As Spark's own {@code spark.redaction.regex}, with keys of storage accounts. */
  private static final Pattern NAME =
      Pattern.compile("(?i)" + WORDS + "|(?:^|[._-])sas(?:[._-]|$)");

  private static final Pattern USER = Pattern.compile("(?<=://)[^/\\s@:]+:[^\\s@]*(?=@)");

  private static final Pattern PARAMETER =
      Pattern.compile("(?i)([\\w.-]*(?:" + WORDS + "|\\bsig)[\\w.-]*=)[^&;,\\s\"']+");

  private Secrets() {}

  /** A setting's value, as far as it may be shown. */
  public static String shown(String setting, String value) {
    return NAME.matcher(setting).find() ? HIDDEN : shown(value);
  }

  /** A text, as far as it may be shown. */
  public static String shown(String text) {
    String withoutUsers = USER.matcher(text).replaceAll(HIDDEN);
    return PARAMETER.matcher(withoutUsers).replaceAll("$1" + HIDDEN);
  }
}

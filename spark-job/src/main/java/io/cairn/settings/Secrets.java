/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.regex.Pattern;

/**
 * Keeps off a page, a tracker or an error what is secret: they are passed on more easily than a
 * run's directory. Hidden are values of settings whose names tell that they are secret, passwords
 * in addresses, and secret parameters of addresses. A secret that stands elsewhere in a text is not
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

  /** A password may have an @, though it should not: the last one before the host's end counts. */
  private static final Pattern USER =
      Pattern.compile("(?<=://)[^/\\s@:]+:[^\\s@]*(?:@[^\\s@/]*)*(?=@)");

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

  /** JSON of settings with the same names, and values as far as they may be shown. */
  public static JsonNode shown(String path, JsonNode node) {
    if (node instanceof ObjectNode object) {
      object
          .fields()
          .forEachRemaining(
              field -> field.setValue(shown(path + "." + field.getKey(), field.getValue())));
      return object;
    }
    if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, shown(path, array.get(i)));
      }
      return array;
    }
    String value = node.isTextual() ? node.asText() : node.toString();
    String shown = shown(path, value);
    return shown.equals(value) ? node : TextNode.valueOf(shown);
  }
}

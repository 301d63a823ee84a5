/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads settings that stand in a text instead of a file, for programs that pass them on by key.
 * Whether the keys exist and the values fit is for {@link SettingsReader} to say.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: a {@link SettingsException} where the text is not HOCON.
 */
public final class SettingsText {

  private static final String ENTRIES = "entries";

  private SettingsText() {}

  /**
   * The values of a text such as {@code "data.class-weights = balanced, recovery { max-attempts = 3
   * }"}.
   *
   * @param called what to call the text in messages
   * @return by key; texts, numbers, booleans, lists and maps of these
   */
  public static Map<String, Object> values(String text, String called) {
    Map<String, Object> values = new TreeMap<>();
    for (Map.Entry<String, ConfigValue> entry : parse(text, called).entrySet()) {
      values.put(entry.getKey(), entry.getValue().unwrapped());
    }
    return values;
  }

  /**
   * The entries of a list such as {@code "[{ columns = [a, b] }, { columns = c, max-steps = 20
   * }]"}.
   *
   * @param called what to call the text in messages
   * @return an entry each, its values by key
   */
  public static List<Map<String, Object>> entries(String text, String called) {
    ConfigValue list = parse(ENTRIES + " = " + text, called).root().get(ENTRIES);
    List<Map<String, Object>> entries = new ArrayList<>();
    if (list != null && list.valueType() == ConfigValueType.LIST) {
      for (Object entry : (List<?>) list.unwrapped()) {
        if (entry instanceof Map<?, ?> map) {
          Map<String, Object> named = new TreeMap<>();
          map.forEach((key, value) -> named.put(String.valueOf(key), value));
          entries.add(named);
        } else {
          throw wrong(called, text, "each entry of the list must be { columns = ... }");
        }
      }
      return entries;
    }
    throw wrong(called, text, "must be a list, [{ columns = ... }, ...]");
  }

  private static Config parse(String text, String called) {
    try {
      return ConfigFactory.parseString(
              text, ConfigParseOptions.defaults().setOriginDescription(called))
          .resolve();
    } catch (ConfigException e) {
      throw wrong(called, text, "cannot be read: " + e.getMessage());
    }
  }

  private static SettingsException wrong(String called, String text, String message) {
    return new SettingsException(List.of(Problem.of(called, text, message, "")));
  }
}

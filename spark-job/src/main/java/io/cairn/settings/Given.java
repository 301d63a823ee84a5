/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads what the operator gave: the settings file, with its includes and substitutions, and on top
 * of it the command line's {@code --set} overrides.
 *
 * <p>Threading: stateless.
 */
final class Given {

  private static final Pattern HOCON_VALUE =
      Pattern.compile("[\\[{\"].*|.*\\$\\{.*", Pattern.DOTALL);
  private static final Pattern ORIGIN = Pattern.compile("^.*?: \\d+: ", Pattern.DOTALL);

  private Given() {}

  /**
   * Reads file and overrides; what cannot be read is reported and left out. Ends with an exception
   * where the file as a whole is not readable: nothing else could be said about it.
   *
   * @param fromSpark what Spark's settings say, by key; the file goes before it
   */
  static ConfigObject read(
      Path file, List<String> overrides, Map<String, String> fromSpark, Findings findings) {
    Config below = ConfigFactory.empty();
    for (Map.Entry<String, String> entry : fromSpark.entrySet()) {
      below =
          below.withFallback(
              assigned(entry.getKey(), entry.getValue(), SettingsReader.FROM_SPARK, findings));
    }
    Config given = ConfigFactory.empty();
    for (String override : overrides) {
      given = parseOverride(override, findings).withFallback(given);
    }
    Optional<Config> parsed = parse(file, findings);
    if (parsed.isEmpty()) {
      findings.throwIfAny();
    }
    return resolve(over(over(given, parsed.orElseThrow()), below), findings);
  }

  /**
   * What is given on top of something, and that, without the model that the former replaces: a path
   * and a description are two forms of one thing.
   */
  private static Config over(Config given, Config below) {
    boolean path = isGiven(given, ModelSettings.SOURCE);
    boolean described = isGiven(given, LayerSettings.LAYERS);
    Config replaced = ConfigFactory.empty();
    if (path && !described) {
      for (String key : LayerSettings.BLOCK.keys().keySet()) {
        replaced = replaced.withValue(key, ConfigValueFactory.fromAnyRef(null));
      }
    } else if (described && !path) {
      replaced =
          replaced.withValue(ModelSettings.SOURCE.name(), ConfigValueFactory.fromAnyRef(null));
    }
    return given.withFallback(replaced).withFallback(below);
  }

  private static boolean isGiven(Config config, Key<?> key) {
    try {
      return config.hasPath(key.name());
    } catch (ConfigException.NotResolved e) {
      // It is there, and refers to something.
      return true;
    }
  }

  /**
   * What a program gives, on top of a file if there is one.
   *
   * @param values by key; texts, numbers, booleans, lists and maps of these
   * @param fromSpark what Spark's settings say, by key; everything else goes before it
   */
  static ConfigObject read(
      Map<String, ?> values,
      Optional<Path> file,
      Map<String, String> fromSpark,
      Findings findings) {
    Config given = ConfigFactory.empty();
    for (Map.Entry<String, ?> entry : values.entrySet()) {
      given = given.withFallback(valued(entry.getKey(), entry.getValue(), findings));
    }
    Config below = ConfigFactory.empty();
    for (Map.Entry<String, String> entry : fromSpark.entrySet()) {
      below =
          below.withFallback(
              assigned(entry.getKey(), entry.getValue(), SettingsReader.FROM_SPARK, findings));
    }
    Optional<Config> parsed =
        file.isPresent() ? parse(file.get(), findings) : Optional.of(ConfigFactory.empty());
    if (parsed.isEmpty()) {
      findings.throwIfAny();
    }
    return resolve(over(over(given, parsed.orElseThrow()), below), findings);
  }

  private static Config valued(String key, Object value, Findings findings) {
    try {
      return ConfigFactory.empty()
          .withValue(key, ConfigValueFactory.fromAnyRef(value, SettingsReader.PROGRAM));
    } catch (ConfigException e) {
      findings.add(
          new Problem(
              "", 0, key, String.valueOf(value), "cannot be read: " + withoutOrigin(e), ""));
      return ConfigFactory.empty();
    }
  }

  /**
   * Reads JSON that this program wrote.
   *
   * @param name what problems are reported against
   */
  static ConfigObject parseJson(String json, String name, Findings findings) {
    ConfigParseOptions options =
        ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON).setOriginDescription(name);
    try {
      return ConfigFactory.parseString(json, options).root();
    } catch (ConfigException e) {
      findings.add(unreadable(e, name));
      findings.throwIfAny();
      throw e;
    }
  }

  private static Optional<Config> parse(Path file, Findings findings) {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      String message = "no such settings file";
      if (Files.isDirectory(file)) {
        message = "a directory, not a settings file";
      } else if (Files.exists(file)) {
        message = "the settings file cannot be read";
      }
      findings.add(new Problem(file.toString(), 0, "", "", message, ""));
      return Optional.empty();
    }
    try {
      return Optional.of(
          ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false)));
    } catch (ConfigException e) {
      findings.add(unreadable(e, file.toString()));
      return Optional.empty();
    }
  }

  /**
   * One {@code key=value}. Only values that look like HOCON are read as such: {@code
   * hdfs://host/dir} would lose what follows the slashes as a comment.
   */
  private static Config parseOverride(String override, Findings findings) {
    int equals = override.indexOf('=');
    if (equals < 1) {
      findings.add(
          new Problem(
              SettingsReader.OVERRIDE, 0, "", override, "must be key=value", "such as seed=7"));
      return ConfigFactory.empty();
    }
    return assigned(
        override.substring(0, equals).strip(),
        override.substring(equals + 1).strip(),
        SettingsReader.OVERRIDE,
        findings);
  }

  /**
   * A key with its value.
   *
   * @param place what problems are reported against
   */
  private static Config assigned(String key, String text, String place, Findings findings) {
    try {
      ConfigValue value = valueOf(text, place);
      List<String> names = new ArrayList<>(ConfigUtil.splitPath(key));
      Collections.reverse(names);
      for (String name : names) {
        value = ConfigValueFactory.fromMap(Map.of(name, value), place);
      }
      return ((ConfigObject) value).toConfig();
    } catch (ConfigException e) {
      findings.add(new Problem(place, 0, key, text, "cannot be read: " + withoutOrigin(e), ""));
      return ConfigFactory.empty();
    }
  }

  private static ConfigValue valueOf(String text, String place) {
    if (HOCON_VALUE.matcher(text).matches()) {
      ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription(place);
      return ConfigFactory.parseString("value = " + text, options).root().get("value");
    }
    return ConfigValueFactory.fromAnyRef(text.equals("null") ? null : text, place);
  }

  private static ConfigObject resolve(Config config, Findings findings) {
    ConfigResolveOptions lenient = ConfigResolveOptions.defaults().setAllowUnresolved(true);
    try {
      return withoutUnresolved("", config.resolve(lenient).root(), findings);
    } catch (ConfigException e) {
      findings.add(unreadable(e, ""));
      return ConfigFactory.empty().root();
    }
  }

  private static ConfigObject withoutUnresolved(
      String prefix, ConfigObject block, Findings findings) {
    ConfigObject resolved = block;
    for (String name : block.keySet()) {
      ConfigValue value = block.get(name);
      String path = prefix + ConfigUtil.joinPath(name);
      if (!isResolved(value)) {
        findings.add(
            new Problem(
                Findings.fileOf(value.origin()),
                Findings.lineOf(value.origin()),
                path,
                value instanceof ConfigObject ? "" : value.render(ConfigRenderOptions.concise()),
                "refers to something that is not set",
                "set it, or write ${?NAME} for something that may be absent"));
        resolved = resolved.withoutKey(name);
      } else if (value instanceof ConfigObject inner) {
        resolved = resolved.withValue(name, withoutUnresolved(path + ".", inner, findings));
      }
    }
    return resolved;
  }

  private static boolean isResolved(ConfigValue value) {
    try {
      if (value.valueType() == ConfigValueType.LIST) {
        return ((List<?>) value).stream().allMatch(entry -> isResolved((ConfigValue) entry));
      }
      return true;
    } catch (ConfigException.NotResolved e) {
      return false;
    }
  }

  private static Problem unreadable(ConfigException e, String name) {
    return e.origin() == null
        ? new Problem(name, 0, "", "", "cannot be read: " + withoutOrigin(e), "")
        : new Problem(
            Findings.fileOf(e.origin()),
            Findings.lineOf(e.origin()),
            "",
            "",
            "cannot be read: " + withoutOrigin(e),
            "");
  }

  private static String withoutOrigin(ConfigException e) {
    return ORIGIN.matcher(String.valueOf(e.getMessage())).replaceFirst("");
  }
}

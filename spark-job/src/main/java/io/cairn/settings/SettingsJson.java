/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Writes settings as JSON and reads them back. {@code settings.json} of a run has this form.
 *
 * <p>The same settings always give the same bytes, with sorted keys. A setting that was not given
 * and has no default is left out.
 *
 * <p>Threading: stateless.
 */
public final class SettingsJson {

  /** The name of the plan beside the settings. */
  static final String PLAN = "plan";

  /** Of the settings alone: what reads them again takes a third more, with the plan. */
  static final int MOST_BYTES = 3 << 20;

  /** In the plan: the stages of one whose steps change. */
  public static final String STAGES = "stages";

  /** In a stage: the epoch that it begins with, counted from 1. */
  public static final String FROM_EPOCH = "from-epoch";

  /** In the plan, and in a stage: how many examples enter an update. */
  static final String EFFECTIVE = "effective";

  private static final ConfigRenderOptions PRETTY =
      ConfigRenderOptions.defaults().setComments(false).setOriginComments(false).setJson(true);

  /**
   * What {@code settings.json} holds.
   *
   * @param settings as resolved
   * @param plan the resolved batch numbers of the first epoch by name, empty where none were stored
   */
  public record Stored(Settings settings, Map<String, Long> plan) {
    public Stored {
      Objects.requireNonNull(settings, "settings");
      plan = Map.copyOf(plan);
    }
  }

  private SettingsJson() {}

  /**
   * The text of {@code settings.json}: the settings, beside them the resolved {@code plan}, and a
   * newline.
   */
  public static String render(Settings settings, Map<String, ?> plan) {
    return text(Settings.ALL.json(settings).withValue(PLAN, ConfigValueFactory.fromMap(plan)));
  }

  /** The settings alone, as a JSON object. */
  public static String render(Settings settings) {
    return text(Settings.ALL.json(settings));
  }

  /**
   * Reads what either {@code render} wrote.
   *
   * @param json the text
   * @param name the file's name, for errors
   * @throws SettingsException if it is not JSON, or this version does not understand it
   */
  public static Stored parse(String json, String name) {
    Findings findings = new Findings(name);
    ConfigObject root = Given.parseJson(json, name, findings);
    Map<String, Long> plan = new TreeMap<>();
    if (root.get(PLAN) instanceof ConfigObject numbers) {
      numbers.forEach(
          (key, value) -> {
            if (value.valueType() == ConfigValueType.NUMBER) {
              plan.put(key, ((Number) value.unwrapped()).longValue());
            }
          });
    }
    return new Stored(SettingsReader.read(root.withoutKey(PLAN), findings), plan);
  }

  private static String text(Config tree) {
    return tree.root().render(PRETTY).stripTrailing() + "\n";
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import io.cairn.json.StrictJson;
import io.cairn.settings.Secrets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A run's settings as MLflow's parameters: names with dots, texts. What is secret is not shown, and
 * Spark's configuration, which is no parameter of the training, is left out.
 *
 * <p>Threading: stateless.
 */
final class MlflowParams {

  private static final int LONGEST_NAME = 250;
  private static final int LONGEST_VALUE = 6_000;
  private static final String CUT = "...";

  private MlflowParams() {}

  /** All of them by name, in the order of the settings. */
  static Map<String, String> of(String settingsJson) {
    Map<String, String> params = new LinkedHashMap<>();
    StrictJson.leaves(
        StrictJson.parseObject(settingsJson),
        (path, leaf) -> {
          if (!leaf.isNull() && !path.startsWith("spark.")) {
            params.put(name(path), cut(Secrets.shown(path, StrictJson.text(leaf)), LONGEST_VALUE));
          }
        });
    return params;
  }

  /** A name as every MLflow server takes it. */
  static String name(String any) {
    return cut(any.replaceAll("[^A-Za-z0-9_\\-. /]", "_"), LONGEST_NAME);
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - CUT.length()) + CUT;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A setting in which two runs differ.
 *
 * <p>Not every difference makes another run. What may change between two attempts: the name and
 * place of the run, where and how it is executed ({@code spark}, {@code collective}, {@code
 * checkpoint}, {@code recovery}; but not {@code collective.precision}), the split of the effective
 * batch ({@code batch}, {@code plan}; but not {@code plan.effective}), {@code train.self-check},
 * and {@code train.epochs} or {@code train.updates} upwards.
 *
 * @param key the setting, dotted
 * @param was its value in the run that is there, as JSON; "absent" without one
 * @param now its value in the run that is asked for, as JSON; "absent" without one
 */
public record SettingsDifference(String key, String was, String now) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ABSENT = "absent";
  private static final Set<String> FREE_ROOTS =
      Set.of("name", "output", "spark", "collective", "checkpoint", "recovery", "batch", "plan");
  private static final Set<String> BOUND = Set.of("plan.effective", "collective.precision");
  private static final Set<String> FREE = Set.of("train.self-check");
  private static final Set<String> MAY_GROW = Set.of("train.epochs", "train.updates");

  /** For an error message: {@code seed was 7, is now 8}. */
  @Override
  public String toString() {
    return key + " was " + was + ", is now " + now;
  }

  /**
   * The settings that make {@code now} another run than {@code was}.
   *
   * @throws IllegalArgumentException if {@code was} is not a JSON object
   */
  public static List<SettingsDifference> between(String was, String now) {
    Map<String, JsonNode> old = flatten(was);
    Map<String, JsonNode> asked = flatten(now);
    TreeSet<String> keys = new TreeSet<>(old.keySet());
    keys.addAll(asked.keySet());
    List<SettingsDifference> differences = new ArrayList<>();
    for (String key : keys) {
      JsonNode before = old.get(key);
      JsonNode after = asked.get(key);
      if (!mayBecome(key, before, after)) {
        differences.add(new SettingsDifference(key, text(before), text(after)));
      }
    }
    return differences;
  }

  /** Whether the run that is asked for is longer than the one that is there. */
  static boolean isLonger(String was, String now) {
    Map<String, JsonNode> old = flatten(was);
    Map<String, JsonNode> asked = flatten(now);
    return MAY_GROW.stream()
        .anyMatch(
            key ->
                old.containsKey(key)
                    && asked.containsKey(key)
                    && asked.get(key).asLong() > old.get(key).asLong());
  }

  private static boolean mayBecome(String key, JsonNode before, JsonNode after) {
    int dot = key.indexOf('.');
    String root = dot < 0 ? key : key.substring(0, dot);
    if (FREE.contains(key) || (FREE_ROOTS.contains(root) && !BOUND.contains(key))) {
      return true;
    }
    if (before == null || after == null) {
      return before == null && after == null;
    }
    if (MAY_GROW.contains(key)) {
      return after.asLong() >= before.asLong();
    }
    if (before.isNumber() && after.isNumber()) {
      return before.decimalValue().compareTo(after.decimalValue()) == 0;
    }
    return before.equals(after);
  }

  private static Map<String, JsonNode> flatten(String json) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
    if (!root.isObject()) {
      throw new IllegalArgumentException("not a JSON object");
    }
    Map<String, JsonNode> flat = new TreeMap<>();
    flatten("", root, flat);
    return flat;
  }

  private static void flatten(String prefix, JsonNode node, Map<String, JsonNode> flat) {
    node.fields()
        .forEachRemaining(
            field -> {
              String key = prefix.isEmpty() ? field.getKey() : prefix + "." + field.getKey();
              if (field.getValue().isObject()) {
                flatten(key, field.getValue(), flat);
              } else if (!field.getValue().isNull()) {
                flat.put(key, field.getValue());
              }
            });
  }

  private static String text(JsonNode value) {
    return value == null ? ABSENT : value.toString();
  }
}

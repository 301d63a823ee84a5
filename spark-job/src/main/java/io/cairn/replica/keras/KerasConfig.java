/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * A JSON object of a Keras file that remembers which of its keys were read. {@link #finish()}
 * refuses the keys that nobody has read, here and in the objects below, so that nothing in a file
 * is ignored silently.
 *
 * <p>An absent key and {@code null} mean the same, as they do in Keras.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} naming file, layer, key, value and what would be accepted.
 */
final class KerasConfig {

  private static final int SHOWN_CHARACTERS = 120;

  private final String where;
  private final ObjectNode object;
  private final Set<String> read = new HashSet<>();
  private final List<KerasConfig> children = new ArrayList<>();

  private KerasConfig(String where, ObjectNode object) {
    this.where = where;
    this.object = object;
  }

  /**
   * A view of an object that nothing has been read of.
   *
   * @param where file and layer, as errors begin
   */
  static KerasConfig of(String where, JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      throw new ModelException(where + ": expected a JSON object, not " + shown(node));
    }
    return new KerasConfig(where, object);
  }

  /** File and layer, as errors begin. */
  String where() {
    return where;
  }

  /** Whether the key is there and not null. Does not count as having read it. */
  boolean has(String key) {
    return object.hasNonNull(key);
  }

  /** The value as it stands; null if absent. Whoever asks answers for all of it. */
  JsonNode raw(String key) {
    read.add(key);
    JsonNode value = object.get(key);
    return value == null || value.isNull() ? null : value;
  }

  /** A text that must be there. */
  String text(String key) {
    return optionalText(key).orElseThrow(() -> missing(key));
  }

  /** A text, or what stands for an absent one. */
  String text(String key, String absent) {
    return optionalText(key).orElse(absent);
  }

  /** A text, if there is one. */
  Optional<String> optionalText(String key) {
    JsonNode value = raw(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw refused(key, "a text");
    }
    return Optional.of(value.textValue());
  }

  /** A number that must be there. */
  double number(String key) {
    return optionalNumber(key).orElseThrow(() -> missing(key));
  }

  /** A number, or what stands for an absent one. */
  double number(String key, double absent) {
    return optionalNumber(key).orElse(absent);
  }

  /** A number, if there is one. Finite. */
  OptionalDouble optionalNumber(String key) {
    JsonNode value = raw(key);
    if (value == null) {
      return OptionalDouble.empty();
    }
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw refused(key, "a finite number");
    }
    return OptionalDouble.of(value.doubleValue());
  }

  /** A whole number that must be there. */
  int integer(String key) {
    if (!has(key)) {
      throw missing(key);
    }
    return integer(key, 0);
  }

  /** A whole number, or what stands for an absent one. */
  int integer(String key, int absent) {
    JsonNode value = raw(key);
    if (value == null) {
      return absent;
    }
    if (!isWhole(value)) {
      throw refused(key, "a whole number");
    }
    return (int) value.doubleValue();
  }

  private static boolean isWhole(JsonNode value) {
    return value.isNumber() && value.doubleValue() == (int) value.doubleValue();
  }

  /** One or several whole numbers; a single one counts as a list of one. Empty if absent. */
  List<Integer> integers(String key) {
    JsonNode value = raw(key);
    if (value == null) {
      return List.of();
    }
    List<Integer> numbers = new ArrayList<>();
    Iterable<JsonNode> items = value.isArray() ? value : List.of(value);
    for (JsonNode item : items) {
      if (!isWhole(item)) {
        throw refused(key, "whole numbers");
      }
      numbers.add((int) item.doubleValue());
    }
    return numbers;
  }

  /** True or false; must be there. */
  boolean flag(String key) {
    if (!has(key)) {
      throw missing(key);
    }
    return flag(key, false);
  }

  /** True or false, or what stands for an absent one. */
  boolean flag(String key, boolean absent) {
    JsonNode value = raw(key);
    if (value == null) {
      return absent;
    }
    if (!value.isBoolean()) {
      throw refused(key, "true or false");
    }
    return value.booleanValue();
  }

  /** An object below this one, if there is one. {@link #finish()} of this one includes it. */
  Optional<KerasConfig> optionalObject(String key) {
    JsonNode value = raw(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isObject()) {
      throw refused(key, "an object");
    }
    return Optional.of(below(key, value));
  }

  /** A view of a value that was found below a key of this one; finished with this one. */
  KerasConfig below(String key, JsonNode node) {
    KerasConfig child = of(where + ", " + key, node);
    children.add(child);
    return child;
  }

  /**
   * Something that Keras has serialized by class: an initializer, an optimizer, a layer.
   *
   * <p>Either a mere name, or an object with {@code class_name} and {@code config}, and from Keras
   * 2.12 on {@code module} and {@code registered_name}, which are checked here: only Keras's own.
   */
  Optional<KerasObject> optionalSerialized(String key) {
    JsonNode value = raw(key);
    return value == null ? Optional.empty() : Optional.of(KerasObject.of(this, key, value));
  }

  /** As {@link #optionalSerialized}, but must be there. */
  KerasObject serialized(String key) {
    return optionalSerialized(key).orElseThrow(() -> missing(key));
  }

  /**
   * The key may be absent or null, or have one of these values; anything else changes the result in
   * a way that is not supported.
   *
   * @param accepted texts, numbers or booleans
   */
  void expect(String key, Object... accepted) {
    JsonNode value = raw(key);
    if (value == null || Arrays.stream(accepted).anyMatch(one -> same(value, one))) {
      return;
    }
    throw refused(
        key,
        accepted.length == 0
            ? "null"
            : String.join(" or ", Arrays.stream(accepted).map(String::valueOf).toList()));
  }

  private static boolean same(JsonNode value, Object accepted) {
    if (accepted instanceof Number number) {
      return value.isNumber() && value.doubleValue() == number.doubleValue();
    }
    if (accepted instanceof Boolean flag) {
      return value.isBoolean() && value.booleanValue() == flag;
    }
    return value.isTextual() && value.textValue().equals(accepted);
  }

  /** Keys whose values have no effect on what is trained. The caller's code says why. */
  void ignore(String... keys) {
    read.addAll(Arrays.asList(keys));
  }

  /** Refuses each key with a value that nobody has read, here and in all objects below. */
  void finish() {
    for (Iterator<String> keys = object.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!read.contains(key) && has(key)) {
        throw new ModelException(
            where
                + ": "
                + key
                + " = "
                + shown(object.get(key))
                + " is not known, so that it can be neither followed nor left out");
      }
    }
    children.forEach(KerasConfig::finish);
  }

  /**
   * The error for a value that is not supported.
   *
   * @param accepted what would be
   */
  ModelException refused(String key, String accepted) {
    return new ModelException(
        where
            + ": "
            + key
            + " = "
            + shown(object.get(key))
            + " is not supported, only "
            + accepted);
  }

  /** An error about this object as a whole. */
  ModelException refused(String sentence) {
    return new ModelException(where + ": " + sentence);
  }

  private ModelException missing(String key) {
    return new ModelException(where + ": " + key + " is missing");
  }

  private static String shown(JsonNode node) {
    String text = String.valueOf(node).replaceAll("\\p{Cntrl}", "?");
    return text.length() > SHOWN_CHARACTERS ? text.substring(0, SHOWN_CHARACTERS) + "..." : text;
  }
}

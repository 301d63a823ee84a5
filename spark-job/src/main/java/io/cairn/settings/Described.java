/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Settings of a form that other rooms know, as the operator wrote them: words, lists and blocks,
 * each with its place, so that what is wrong with them can be told as of any other setting.
 *
 * <p>Threading: immutable, safe everywhere.
 */
public sealed interface Described {

  /** Where it stands. */
  Place place();

  /** What {@code settings.json} has of it: a text, number or boolean, a list, or a map. */
  Object plain();

  /**
   * Where something stands. That is no part of what it says, so that all places are equal.
   *
   * @param file a file, {@code --set}, or empty where no place is known
   * @param line from 1; 0 where there is none
   * @param key the setting, such as {@code model.layers[2].activation}
   */
  record Place(String file, int line, String key) {
    public Place {
      Objects.requireNonNull(file, "file");
      Objects.requireNonNull(key, "key");
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Place;
    }

    @Override
    public int hashCode() {
      return 0;
    }
  }

  /**
   * A text, a number, or true or false.
   *
   * @param plain as it is
   * @param text as it was written
   */
  record Word(Place place, Object plain, String text) implements Described {

    @Override
    public boolean equals(Object other) {
      return other instanceof Word word && plain.equals(word.plain);
    }

    @Override
    public int hashCode() {
      return plain.hashCode();
    }
  }

  /** A list. */
  record Entries(Place place, List<Described> entries) implements Described {
    public Entries {
      entries = List.copyOf(entries);
    }

    @Override
    public Object plain() {
      return entries.stream().map(Described::plain).toList();
    }
  }

  /** A block: values by name, sorted. What was set to null is not in it. */
  record Properties(Place place, Map<String, Described> values) implements Described {
    public Properties {
      values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    }

    @Override
    public Object plain() {
      Map<String, Object> plain = new TreeMap<>();
      values.forEach((name, value) -> plain.put(name, value.plain()));
      return plain;
    }
  }

  /** What is wrong with it. */
  default Problem problem(String message, String fits) {
    String value = this instanceof Word word ? word.text() : "";
    return new Problem(place().file(), place().line(), place().key(), value, message, fits);
  }

  /** Reads a value of whatever form. */
  static Described of(String key, ConfigValue value) {
    Place place = new Place(Findings.fileOf(value.origin()), Findings.lineOf(value.origin()), key);
    if (value instanceof ConfigObject block) {
      Map<String, Described> values = new TreeMap<>();
      block.forEach(
          (name, inner) -> {
            if (inner.valueType() != ConfigValueType.NULL) {
              values.put(name, of(key + "." + name, inner));
            }
          });
      return new Properties(place, values);
    }
    if (value instanceof ConfigList list) {
      List<Described> entries = new ArrayList<>();
      for (int i = 0; i < list.size(); i++) {
        entries.add(of(key + "[" + i + "]", list.get(i)));
      }
      return new Entries(place, entries);
    }
    Object plain = value.unwrapped() == null ? "null" : value.unwrapped();
    return new Word(place, plain, Findings.textOf(value));
  }
}

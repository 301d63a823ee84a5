/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.cairn.settings.Kind.Misfit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Gives the value of each key: the operator's, or else the default.
 *
 * <p>A value that does not fit is added to the findings once. It is then treated as absent, so that
 * reading can go on and find more mistakes.
 *
 * <p>Threading: one thread.
 */
final class Values {

  private final ConfigObject given;
  private final String prefix;
  private final Findings findings;
  private final Map<String, Optional<?>> read = new LinkedHashMap<>();

  /**
   * Opens a file, or an entry of a list.
   *
   * @param given what the operator wrote
   * @param prefix what comes before a key when it is named to the operator
   * @param findings where problems go
   */
  Values(ConfigObject given, String prefix, Findings findings) {
    this.given = given;
    this.prefix = prefix;
    this.findings = findings;
  }

  /** The names of the keys read so far. */
  Set<String> keysRead() {
    return read.keySet();
  }

  /** Reads all keys of a block, so that what is wrong with them is known. */
  void read(Block<?> block) {
    block.keys().values().forEach(this::maybe);
  }

  /** The value of a key that has one. Only where no problem was found. */
  <T> T of(Key<T> key) {
    return maybe(key)
        .orElseThrow(() -> new NoSuchElementException(prefix + key.name() + " has no value"));
  }

  /** The value of a key; empty where there is none, or it does not fit. */
  @SuppressWarnings("unchecked") // What is stored under a name was read by the key of that name.
  <T> Optional<T> maybe(Key<T> key) {
    if (!read.containsKey(key.name())) {
      read.put(key.name(), readNow(key));
    }
    return (Optional<T>) read.get(key.name());
  }

  private <T> Optional<T> readNow(Key<T> key) {
    Optional<ConfigValue> value = given(key.name());
    Optional<T> fitting = value.isPresent() ? Optional.empty() : key.preset();
    if (value.isPresent()) {
      try {
        fitting = Optional.of(key.kind().read(value.get()));
      } catch (Misfit e) {
        wrong(value.get(), key.name(), e.getMessage(), e.fits());
      }
    }
    if (fitting.isEmpty() && key.required().isPresent()) {
      missing(key, "is missing", key.required().get());
    }
    return fitting;
  }

  /** As {@link #maybe}. */
  OptionalInt maybeInt(Key<Integer> key) {
    return maybe(key).map(OptionalInt::of).orElse(OptionalInt.empty());
  }

  /** As {@link #maybe}. */
  OptionalLong maybeLong(Key<Long> key) {
    return maybe(key).map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  /** As {@link #maybe}. */
  OptionalDouble maybeDouble(Key<Double> key) {
    return maybe(key).map(OptionalDouble::of).orElse(OptionalDouble.empty());
  }

  /** Whether the operator gave the key a value. */
  boolean isGiven(Key<?> key) {
    return given(key.name()).isPresent();
  }

  /** What the operator wrote for the name, which may be that of a block; null counts as nothing. */
  Optional<ConfigValue> given(String name) {
    ConfigValue at = given;
    for (String part : name.split("\\.")) {
      ConfigValue next = at instanceof ConfigObject block ? block.get(part) : null;
      if (next == null || next.valueType() == ConfigValueType.NULL) {
        return Optional.empty();
      }
      at = next;
    }
    return Optional.of(at);
  }

  /** A free-form block as dotted names and texts. Empty where absent or wrong. */
  Map<String, String> texts(Key<ConfigValue> key) {
    Map<String, String> texts = new TreeMap<>();
    Optional<ConfigValue> value = maybe(key);
    if (value.isPresent()) {
      if (value.get() instanceof ConfigObject block) {
        flatten("", block, key, texts);
      } else {
        wrong(value.get(), key.name(), "must be a block", key.name() + " { name = value }");
      }
    }
    return texts;
  }

  /** A list of blocks with columns, each to be read on its own. */
  List<Values> entries(Key<ConfigValue> key, Set<String> known) {
    return entries(key, known, "{ columns = [...] }");
  }

  /**
   * A list of blocks, each to be read on its own.
   *
   * @param example of an entry
   */
  List<Values> entries(Key<ConfigValue> key, Set<String> known, String example) {
    Optional<ConfigValue> value = maybe(key);
    if (value.isEmpty()) {
      return List.of();
    }
    List<Values> entries = new ArrayList<>();
    List<ConfigValue> list = value.get() instanceof ConfigList blocks ? blocks : List.of();
    for (int i = 0; i < list.size(); i++) {
      String name = key.name() + "[" + i + "]";
      if (list.get(i) instanceof ConfigObject block) {
        entries.add(inside(name, block, known));
      } else {
        wrong(list.get(i), name, "must be a block", example);
      }
    }
    if (list.isEmpty()) {
      wrong(value.get(), key.name(), "must be a list of blocks", "[" + example + "]");
    }
    return entries;
  }

  /** A block of named blocks, each to be read on its own. */
  Map<String, Values> blocks(Key<ConfigValue> key, Set<String> known) {
    Map<String, Values> blocks = new TreeMap<>();
    Optional<ConfigValue> value = maybe(key);
    if (value.isPresent() && value.get() instanceof ConfigObject named) {
      named.forEach(
          (name, inner) -> {
            String path = key.name() + "." + name;
            if (inner instanceof ConfigObject block) {
              blocks.put(name, inside(path, block, known));
            } else {
              wrong(inner, path, "must be a block", name + " { path = ..., format = ... }");
            }
          });
    } else if (value.isPresent()) {
      String fits = key.name() + " { name { path = ..., format = ... } }";
      wrong(value.get(), key.name(), "must be a block", fits);
    }
    return blocks;
  }

  private Values inside(String name, ConfigObject block, Set<String> known) {
    UnknownKeys.checkEntry(prefix + name + ".", block, known, findings);
    return new Values(block, prefix + name + ".", findings);
  }

  /** Reports the value of a key, if it was given. */
  void wrongIfGiven(Key<?> key, String message, String fits) {
    wrongIfGiven(key.name(), message, fits);
  }

  /** Reports the value of a name inside a block with a form of its own. */
  void wrongIfGiven(String name, String message, String fits) {
    given(name).ifPresent(value -> wrong(value, name, message, fits));
  }

  /** Reports what was asked for and is not there. */
  void missing(Key<?> key, String message, String fits) {
    findings.missing(prefix + key.name(), message, fits);
  }

  private void wrong(ConfigValue value, String name, String message, String fits) {
    findings.wrong(value, prefix + name, message, fits);
  }

  private void flatten(String before, ConfigObject block, Key<?> key, Map<String, String> texts) {
    block.forEach(
        (name, value) -> {
          String path = before + name;
          if (value instanceof ConfigObject inner) {
            flatten(path + ".", inner, key, texts);
          } else if (Findings.isScalar(value)) {
            texts.put(path, Findings.textOf(value));
          } else if (value.valueType() == ConfigValueType.LIST) {
            String full = key.name() + "." + path;
            wrong(value, full, "must be a text, a number or true or false", "");
          }
        });
  }
}

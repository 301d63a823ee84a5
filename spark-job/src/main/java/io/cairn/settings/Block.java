/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A block of settings: its keys, in the order in which they are read, and for each key the place in
 * the block's record that holds the value.
 *
 * <p>The record itself is made by hand, beside the keys, because each block has rules of its own
 * for several keys together.
 *
 * <p>Threading: immutable. Each method that adds something returns a new block.
 *
 * @param <S> the record
 */
final class Block<S> {

  /** A key, and where the record has its value; empty: it has none. */
  private record Field<S, T>(Key<T> key, Function<S, Optional<T>> value) {

    Optional<Object> json(S settings) {
      return value.apply(settings).map(key.kind().json());
    }

    <R> Field<R, T> in(Function<R, Optional<S>> part) {
      return new Field<>(key, part.andThen(found -> found.flatMap(value)));
    }
  }

  private final Map<String, Resume> rules;
  private final List<Field<S, ?>> fields;

  private Block(Map<String, Resume> rules, List<Field<S, ?>> fields) {
    this.rules = rules;
    this.fields = fields;
  }

  /**
   * A block without keys.
   *
   * @param name with all blocks around it; empty for the whole file, and for an entry of a list
   * @param onResume what holds for those of its keys that do not say otherwise
   */
  static <S> Block<S> named(String name, Resume onResume) {
    return new Block<>(Map.of(name, onResume), List.of());
  }

  /** Adds a setting that always has a value. */
  <T> Block<S> with(Key<T> key, Function<S, T> value) {
    return maybe(key, value.andThen(Optional::of));
  }

  /** Adds a setting that may have none. */
  <T> Block<S> maybe(Key<T> key, Function<S, Optional<T>> value) {
    return plus(Map.of(), List.of(new Field<>(key, value)));
  }

  /** Adds a whole number that may be absent. */
  Block<S> maybeInt(Key<Integer> key, Function<S, OptionalInt> value) {
    return maybe(
        key, value.andThen(n -> n.isPresent() ? Optional.of(n.getAsInt()) : Optional.empty()));
  }

  /** Adds a large whole number that may be absent. */
  Block<S> maybeLong(Key<Long> key, Function<S, OptionalLong> value) {
    return maybe(
        key, value.andThen(n -> n.isPresent() ? Optional.of(n.getAsLong()) : Optional.empty()));
  }

  /** Adds a number that may be absent. */
  Block<S> maybeDouble(Key<Double> key, Function<S, OptionalDouble> value) {
    return maybe(
        key, value.andThen(n -> n.isPresent() ? Optional.of(n.getAsDouble()) : Optional.empty()));
  }

  /** Adds a setting whose value is written under other names. */
  Block<S> unwritten(Key<?> key) {
    return maybe(key, settings -> Optional.empty());
  }

  /** Adds the settings of a block inside this one. */
  <U> Block<S> with(Block<U> inner, Function<S, U> part) {
    return maybe(inner, part.andThen(Optional::of));
  }

  /** Adds the settings of a block inside this one, whose record may be absent. */
  <U> Block<S> maybe(Block<U> inner, Function<S, Optional<U>> part) {
    List<Field<S, ?>> more = new ArrayList<>();
    inner.fields.forEach(field -> more.add(field.in(part)));
    return plus(inner.rules, more);
  }

  private Block<S> plus(Map<String, Resume> moreRules, List<Field<S, ?>> moreFields) {
    Map<String, Resume> allRules = new TreeMap<>(rules);
    allRules.putAll(moreRules);
    List<Field<S, ?>> all = new ArrayList<>(fields);
    all.addAll(moreFields);
    return new Block<>(Collections.unmodifiableMap(allRules), List.copyOf(all));
  }

  /** All keys by name, in order, those of blocks inside included. */
  Map<String, Key<?>> keys() {
    Map<String, Key<?>> keys = new LinkedHashMap<>();
    fields.forEach(field -> keys.put(field.key().name(), field.key()));
    return keys;
  }

  /** What holds on resume for keys that do not say otherwise, by block; outer blocks first. */
  Map<String, Resume> rules() {
    return rules;
  }

  /**
   * What {@code settings.json} holds of a record. A block inside is there even if nothing is in it.
   */
  Config json(S settings) {
    Config tree = ConfigFactory.empty();
    for (String block : rules.keySet()) {
      if (!block.isEmpty()) {
        tree = tree.withValue(block, ConfigFactory.empty().root());
      }
    }
    for (Field<S, ?> field : fields) {
      Optional<Object> value = field.json(settings);
      if (value.isPresent()) {
        tree = tree.withValue(field.key().name(), ConfigValueFactory.fromAnyRef(value.get()));
      }
    }
    return tree;
  }
}

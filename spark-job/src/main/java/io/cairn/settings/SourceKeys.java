/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.Map;
import java.util.TreeMap;

/**
 * The keys of one source of examples: {@code data.train} or {@code data.validation}.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param name of the block
 * @param place what is read
 * @param query over it
 * @param sources what else the query reads, read by {@link SourcesSection}
 */
record SourceKeys(String name, PlaceKeys place, Key<String> query, Key<ConfigValue> sources) {

  static final SourceKeys TRAIN = named("data.train");
  static final SourceKeys VALIDATION = named("data.validation");

  private static final Block<SourcePlace> VIEW = PlaceKeys.OF_VIEW.block("");

  private static SourceKeys named(String name) {
    return new SourceKeys(
        name,
        PlaceKeys.named(name + "."),
        Key.of(name + ".query", Kind.text()),
        Key.of(name + ".sources", Kind.ofItsOwn()));
  }

  /** Where a source has their values. */
  Block<SourceSettings> block() {
    return Block.<SourceSettings>named(name, Resume.MUST_STAY)
        .with(place.block(name), SourceSettings::place)
        .maybe(query, SourceSettings::query)
        .maybe(sources, source -> source.query().map(query -> json(source.views())));
  }

  private static ConfigValue json(Map<String, SourcePlace> views) {
    Map<String, Object> blocks = new TreeMap<>();
    views.forEach((view, place) -> blocks.put(view, VIEW.json(place).root()));
    return ConfigValueFactory.fromMap(blocks);
  }
}

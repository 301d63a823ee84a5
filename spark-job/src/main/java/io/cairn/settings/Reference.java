/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The documented settings, {@code conf/reference.conf}: which keys there are and their defaults.
 * The only place either is written down.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * <p>Failure: a build without that resource is broken, an IllegalStateException.
 */
final class Reference {

  /** Blocks whose keys belong to somebody else. */
  static final Set<String> FREE_FORM =
      Set.of(
          "data.train.options",
          "data.train.sources",
          "data.validation.options",
          "data.validation.sources",
          "spark");

  private static final String RESOURCE = "reference.conf";
  private static final Reference SHIPPED = new Reference(parse());

  private final ConfigObject root;
  private final Map<String, ConfigValue> entries = new LinkedHashMap<>();

  private Reference(Config reference) {
    root = reference.root();
    collect("", root);
  }

  /** The reference that ships with this build. */
  static Reference shipped() {
    return SHIPPED;
  }

  /** Every key and block by its full path. */
  Set<String> paths() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  /** Whether the path is a block of settings, as opposed to one setting. */
  boolean isBlock(String path) {
    return !FREE_FORM.contains(path) && entries.get(path) instanceof ConfigObject;
  }

  /** The default of a key, if it has one. */
  Optional<ConfigValue> defaultOf(String key) {
    return Optional.ofNullable(entries.get(key))
        .filter(value -> value.valueType() != ConfigValueType.NULL);
  }

  /** The documented value of a path, null values included. */
  Optional<ConfigValue> entry(String path) {
    return Optional.ofNullable(entries.get(path));
  }

  private void collect(String prefix, ConfigObject block) {
    block.forEach(
        (name, value) -> {
          String path = prefix + name;
          entries.put(path, value);
          if (value instanceof ConfigObject inner && !FREE_FORM.contains(path)) {
            collect(path + ".", inner);
          }
        });
  }

  private static Config parse() {
    InputStream resource = Reference.class.getResourceAsStream(RESOURCE);
    if (resource == null) {
      throw new IllegalStateException("this build lacks " + RESOURCE + ", the settings' defaults");
    }
    try (Reader reader = new InputStreamReader(resource, StandardCharsets.UTF_8)) {
      return ConfigFactory.parseReader(
          reader, ConfigParseOptions.defaults().setOriginDescription(RESOURCE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

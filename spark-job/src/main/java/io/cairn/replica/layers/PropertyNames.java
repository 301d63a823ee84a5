/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds the properties that are meant: as Deeplearning4j spells them, with dashes, or by a shorter
 * name.
 *
 * <p>Threading: stateless.
 */
final class PropertyNames {

  /** Shorter names, each of which holds where a class has no property of that name itself. */
  static final Map<String, String> SHORT =
      new TreeMap<>(
          Map.of(
              "bias", "hasBias",
              "format", "dataFormat",
              "heads", "nHeads",
              "init", "weightInit",
              "kernel", "kernelSize",
              "layer", "underlying",
              "loss", "lossFunction",
              "mode", "convolutionMode",
              "pooling", "poolingType",
              "units", "nOut"));

  private PropertyNames() {}

  /**
   * What is given, by the names that properties really have.
   *
   * @param made for messages
   * @throws MisfitException for a name that there is not, or one that is given twice
   */
  static Map<String, Described> resolve(
      Map<String, Described> given, Set<String> properties, Class<?> made) throws MisfitException {
    Map<String, Described> resolved = new TreeMap<>();
    for (Map.Entry<String, Described> entry : given.entrySet()) {
      String name = find(entry.getKey(), properties);
      if (name == null) {
        throw new MisfitException(
            entry.getValue(),
            "%s has no property %s".formatted(made.getSimpleName(), entry.getKey()),
            Names.suggestion(entry.getKey(), shown(properties)));
      }
      Described before = resolved.put(name, entry.getValue());
      if (before != null) {
        throw new MisfitException(
            entry.getValue(), "says %s a second time".formatted(Names.dashed(name)), "");
      }
    }
    return resolved;
  }

  /** The property of that name; null if there is none. */
  static String find(String name, Set<String> properties) {
    String folded = Names.folded(name);
    for (String property : properties) {
      if (Names.folded(property).equals(folded)) {
        return property;
      }
    }
    for (Map.Entry<String, String> shorter : SHORT.entrySet()) {
      if (shorter.getKey().equals(folded) && properties.contains(shorter.getValue())) {
        return shorter.getValue();
      }
    }
    return null;
  }

  private static Collection<String> shown(Set<String> properties) {
    Set<String> shown = new TreeSet<>();
    properties.forEach(name -> shown.add(Names.dashed(name)));
    SHORT.forEach(
        (shorter, name) -> {
          if (properties.contains(name)) {
            shown.add(shorter);
          }
        });
    return shown;
  }
}

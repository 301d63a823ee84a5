/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import io.cairn.settings.Described.Entries;
import io.cairn.settings.Described.Properties;
import io.cairn.settings.Described.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * An entry of {@code model.layers}: {@code output}, {@code { dense = 128, activation = relu }},
 * {@code { class = DenseLayer, nOut = 128 }}, {@code { merge {}, inputs = [a, b] }}.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param at the entry itself, for errors
 * @param kind what to call it in messages
 * @param type the class of layer or vertex
 * @param given its properties by their real names
 * @param name what other layers call it, if it has a name
 * @param inputs what it takes, if it says so
 * @param preProcessor what is done to its input, if it says so
 */
record Entry(
    Described at,
    String kind,
    Class<?> type,
    Map<String, Described> given,
    Optional<String> name,
    Optional<List<String>> inputs,
    Optional<Described> preProcessor) {

  private static final String NAME = "name";
  private static final String INPUTS = "inputs";
  private static final String PRE_PROCESSOR = "preprocessor";

  Entry {
    given = Map.copyOf(given);
  }

  /**
   * Reads an entry, but for the values of its properties.
   *
   * @throws MisfitException if it names no layer, or properties that the layer has not
   */
  static Entry read(Described entry) throws MisfitException {
    if (entry instanceof Word word) {
      return named(entry, word.text(), Map.of());
    }
    if (!(entry instanceof Properties block)) {
      throw new MisfitException(
          entry, "must be the name of a layer or a block", "{ dense = 128, activation = relu }");
    }
    Map<String, Described> rest = new TreeMap<>(block.values());
    Described explicit = rest.remove(PropertyValues.CLASS);
    if (explicit != null) {
      if (!(explicit instanceof Word word)) {
        throw new MisfitException(explicit, "must be the name of a class", "DenseLayer");
      }
      return of(entry, word.text(), type(explicit, word.text()), rest);
    }
    String key = kindIn(block);
    LayerKind kind = LayerKind.find(key).orElseThrow();
    Described value = rest.remove(key);
    return named(entry, kind, value, rest);
  }

  /** The layer; all of its properties have been checked by Deeplearning4j's builder. */
  Layer layer() throws MisfitException {
    if (!Layer.class.isAssignableFrom(type)) {
      throw new MisfitException(at, kind + " is a vertex of a graph and no layer", "");
    }
    Layer layer = (Layer) Assembly.of(type).make(at, given);
    name.ifPresent(layer::setLayerName);
    return layer;
  }

  /** The vertex. */
  GraphVertex vertex() throws MisfitException {
    if (isLayer()) {
      throw new MisfitException(at, kind + " is a layer and no vertex of a graph", "");
    }
    if (preProcessor.isPresent()) {
      throw new MisfitException(
          preProcessor.get(),
          "is of layers only, and %s is no layer".formatted(kind),
          "{ class = PreprocessorVertex, preprocessor { class = ... } } before it");
    }
    return (GraphVertex) Assembly.of(type).make(at, given);
  }

  /**
   * The same inside another layer or vertex. What that one takes, and what is done to it, goes on
   * to this one.
   */
  Entry inside() throws MisfitException {
    if (inputs.isPresent() || preProcessor.isPresent()) {
      throw new MisfitException(
          at, kind + " is inside another layer, which says inputs and preprocessor", "");
    }
    return this;
  }

  boolean isLayer() {
    return Layer.class.isAssignableFrom(type);
  }

  /** What is done to its input, if it says so. */
  Optional<InputPreProcessor> inputPreProcessor() throws MisfitException {
    return preProcessor.isEmpty()
        ? Optional.empty()
        : Optional.of(
            (InputPreProcessor) PropertyValues.read(preProcessor.get(), InputPreProcessor.class));
  }

  /** The same with one more property. */
  Entry with(String property, String value) {
    Map<String, Described> more = new TreeMap<>(given);
    more.put(property, new Word(at.place(), value, value));
    return new Entry(at, kind, type, more, name, inputs, preProcessor);
  }

  /** The key that says which layer it is. */
  private static String kindIn(Properties block) throws MisfitException {
    List<String> kinds = new ArrayList<>();
    for (String key : block.values().keySet()) {
      if (LayerKind.find(key).isPresent()) {
        kinds.add(key);
      }
    }
    List<String> strong =
        kinds.stream()
            .filter(key -> LayerKind.find(key).orElseThrow().strength() == LayerKind.Strength.LAYER)
            .toList();
    if (strong.size() == 1) {
      return strong.get(0);
    }
    if (strong.isEmpty() && kinds.size() == 1) {
      return kinds.get(0);
    }
    if (strong.isEmpty() && kinds.equals(List.of("activation", "loss"))) {
      return "loss";
    }
    if (kinds.isEmpty()) {
      String key = block.values().isEmpty() ? "" : firstUnknown(block);
      throw new MisfitException(
          block.values().getOrDefault(key, block),
          "does not say which layer it is",
          key.isEmpty()
              ? "{ dense = 128 }"
              : Names.suggestion(key, LayerKind.ALL.keySet())
                  + " (or class = one of Deeplearning4j's)");
    }
    throw new MisfitException(
        block, "names several layers: " + String.join(", ", kinds), "an entry for each");
  }

  /** The key that is most likely the misspelt name of a layer. */
  private static String firstUnknown(Properties block) {
    List<String> keys = new ArrayList<>(block.values().keySet());
    keys.removeAll(List.of(NAME, INPUTS, PRE_PROCESSOR));
    return keys.stream()
        .filter(key -> !Names.meant(key, LayerKind.ALL.keySet()).isEmpty())
        .findFirst()
        .orElse(keys.isEmpty() ? "" : keys.get(0));
  }

  private static Entry named(Described entry, String name, Map<String, Described> rest)
      throws MisfitException {
    Optional<LayerKind> kind = LayerKind.find(name);
    if (kind.isPresent()) {
      return named(entry, kind.get(), null, rest);
    }
    return of(entry, name, type(entry, name), rest);
  }

  /**
   * An entry with a short name.
   *
   * @param value what stands beside the name; null if nothing does
   */
  private static Entry named(
      Described entry, LayerKind kind, Described value, Map<String, Described> rest)
      throws MisfitException {
    Map<String, Described> all = new TreeMap<>(rest);
    if (value instanceof Properties block
        && !kind.wraps()
        && !block.values().containsKey(PropertyValues.CLASS)) {
      for (Map.Entry<String, Described> inner : block.values().entrySet()) {
        putOnce(all, inner.getKey(), inner.getValue());
      }
    } else if (value != null && kind.value().isEmpty()) {
      throw new MisfitException(
          value, kind.name() + " takes no value", "%s, or { %1$s {} }".formatted(kind.name()));
    } else if (value != null) {
      putOnce(all, kind.value(), value);
    }
    for (Map.Entry<String, String> fixed : kind.fixed().entrySet()) {
      putOnce(all, fixed.getKey(), new Word(entry.place(), fixed.getValue(), fixed.getValue()));
    }
    return of(entry, kind.name(), kind.family().find(entry, kind.type()), all);
  }

  private static void putOnce(Map<String, Described> all, String name, Described value)
      throws MisfitException {
    Described before = all.put(name, value);
    if (before != null) {
      throw new MisfitException(before, "says %s a second time".formatted(Names.dashed(name)), "");
    }
  }

  private static Entry of(
      Described entry, String kind, Class<?> type, Map<String, Described> properties)
      throws MisfitException {
    Map<String, Described> rest = new TreeMap<>(properties);
    Optional<String> name = Optional.empty();
    if (rest.get(NAME) instanceof Word word) {
      name = Optional.of(word.text());
      rest.remove(NAME);
    }
    Optional<List<String>> inputs = Optional.ofNullable(names(rest.remove(INPUTS)));
    Set<String> known = Assembly.of(type).properties();
    boolean ownsPreProcessor =
        !Layer.class.isAssignableFrom(type) && PropertyNames.find(PRE_PROCESSOR, known) != null;
    Optional<Described> preProcessor =
        ownsPreProcessor ? Optional.empty() : Optional.ofNullable(rest.remove(PRE_PROCESSOR));
    return new Entry(
        entry, kind, type, PropertyNames.resolve(rest, known, type), name, inputs, preProcessor);
  }

  private static List<String> names(Described inputs) throws MisfitException {
    if (inputs == null) {
      return null;
    }
    List<Described> entries = inputs instanceof Entries list ? list.entries() : List.of(inputs);
    List<String> names = new ArrayList<>();
    for (Described entry : entries) {
      if (!(entry instanceof Word word)) {
        throw new MisfitException(inputs, "must be a list of names", "[a, b]");
      }
      names.add(word.text());
    }
    if (names.isEmpty()) {
      throw new MisfitException(inputs, "must name what the layer takes", "[a, b]");
    }
    return names;
  }

  private static Class<?> type(Described at, String name) throws MisfitException {
    try {
      return Family.LAYERS.find(at, name);
    } catch (MisfitException noLayer) {
      try {
        return Family.VERTICES.find(at, name);
      } catch (MisfitException noVertex) {
        List<String> known = new ArrayList<>(LayerKind.ALL.keySet());
        known.addAll(Family.LAYERS.known());
        known.addAll(Family.VERTICES.known());
        String fits = Names.meant(name, known);
        throw new MisfitException(
            at,
            name.indexOf('.') < 0 ? "there is no layer " + name : noLayer.getMessage(),
            fits.isEmpty() ? "short names are " + String.join(", ", LayerKind.ALL.keySet()) : fits);
      }
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import io.cairn.settings.Described.Entries;
import io.cairn.settings.Described.Properties;
import io.cairn.settings.Described.Word;
import java.lang.reflect.Array;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes of what the settings say what a property takes: a number, a word of an enum, an array, or
 * an object of one of Deeplearning4j's classes.
 *
 * <p>Threading: stateless.
 */
final class PropertyValues {

  /** Says which class a block describes. */
  static final String CLASS = "class";

  private static final int MOST_DIMENSIONS = 3;
  private static final Set<String> YES = Set.of("true", "on", "yes");
  private static final Set<String> NO = Set.of("false", "off", "no");

  private PropertyValues() {}

  /** How likely a type takes a value of this form; the lowest is tried first. */
  static int rank(Described value, Class<?> type) {
    if (value instanceof Word) {
      return type == long.class || type == double.class
          ? 0
          : type.isPrimitive() ? 1 : type.isEnum() ? 2 : type.isArray() ? 3 : 4;
    }
    if (value instanceof Entries) {
      return type.isArray() ? 0 : 1;
    }
    return type.isPrimitive() || type.isEnum() || type.isArray() ? 1 : 0;
  }

  /**
   * The forms in which a value may be meant: a single number for all dimensions, however many a
   * layer has.
   */
  static List<Described> forms(Described value, Type type) {
    if (!(value instanceof Word) || type != int[].class) {
      return List.of(value);
    }
    List<Described> forms = new ArrayList<>();
    for (int dimensions = 1; dimensions <= MOST_DIMENSIONS; dimensions++) {
      forms.add(new Entries(value.place(), Collections.nCopies(dimensions, value)));
    }
    return forms;
  }

  /** Of several types that did not take a value, what the first said; its words are not lost. */
  static MisfitException best(Described value, List<MisfitException> misfits) {
    Optional<MisfitException> inside =
        misfits.stream()
            .filter(misfit -> !misfit.problem().key().equals(value.place().key()))
            .findFirst();
    return inside.orElse(misfits.get(0));
  }

  /**
   * The value as an object of the type.
   *
   * @throws MisfitException if it is none
   */
  static Object read(Described value, Type type) throws MisfitException {
    Class<?> raw = raw(type);
    if (raw == boolean.class || raw == Boolean.class) {
      return truth(value);
    }
    if (raw.isPrimitive() || Number.class.isAssignableFrom(raw)) {
      return raw == char.class ? character(value) : number(value, raw);
    }
    if (raw == String.class) {
      return word(value, "a text").text();
    }
    if (raw == Character.class) {
      return character(value);
    }
    if (raw.isEnum()) {
      return constant(value, raw);
    }
    if (raw.isArray()) {
      return array(value, raw.getComponentType());
    }
    if (Map.class.isAssignableFrom(raw) || raw == Object.class) {
      return map(value, type);
    }
    if (Collection.class.isAssignableFrom(raw)) {
      return collection(value, type, raw);
    }
    if (raw == INDArray.class) {
      return ndArray(value);
    }
    if (Layer.class.isAssignableFrom(raw)) {
      return Entry.read(value).inside().layer();
    }
    if (GraphVertex.class.isAssignableFrom(raw)) {
      return Entry.read(value).inside().vertex();
    }
    return object(value, raw);
  }

  private static Class<?> raw(Type type) {
    if (type instanceof Class<?> plain) {
      return plain;
    }
    if (type instanceof ParameterizedType parameterized) {
      return raw(parameterized.getRawType());
    }
    return type instanceof WildcardType wildcard ? raw(wildcard.getUpperBounds()[0]) : Object.class;
  }

  private static Word word(Described value, String wanted) throws MisfitException {
    if (value instanceof Word word) {
      return word;
    }
    throw new MisfitException(value, "must be " + wanted, "");
  }

  private static Object truth(Described value) throws MisfitException {
    String text = word(value, "true or false").text().toLowerCase(Locale.ROOT);
    if (!YES.contains(text) && !NO.contains(text)) {
      throw new MisfitException(value, "must be true or false", "");
    }
    return YES.contains(text);
  }

  private static Object character(Described value) throws MisfitException {
    String text = word(value, "one letter").text();
    if (text.length() != 1) {
      throw new MisfitException(value, "must be one letter", "");
    }
    return text.charAt(0);
  }

  private static Object number(Described value, Class<?> type) throws MisfitException {
    boolean whole =
        type == int.class || type == long.class || type == Integer.class || type == Long.class;
    String wanted = whole ? "a whole number" : "a number";
    BigDecimal number;
    try {
      number = new BigDecimal(word(value, wanted).text().strip());
    } catch (NumberFormatException e) {
      throw new MisfitException(value, "must be " + wanted, "");
    }
    try {
      if (type == int.class || type == Integer.class) {
        return number.intValueExact();
      }
      if (whole) {
        return number.longValueExact();
      }
    } catch (ArithmeticException e) {
      throw new MisfitException(value, "must be a whole number that is not too large", "");
    }
    return type == float.class || type == Float.class
        ? (Object) number.floatValue()
        : (Object) number.doubleValue();
  }

  private static Object constant(Described value, Class<?> type) throws MisfitException {
    Object[] constants = type.getEnumConstants();
    List<String> names =
        Stream.of(constants).map(it -> Names.dashed(((Enum<?>) it).name())).toList();
    String text = word(value, "one of " + String.join(", ", names)).text();
    for (Object constant : constants) {
      if (Names.folded(((Enum<?>) constant).name()).equals(Names.folded(text))) {
        return constant;
      }
    }
    throw new MisfitException(
        value, "must be one of " + String.join(", ", names), Names.meant(text, names));
  }

  private static Object array(Described value, Class<?> component) throws MisfitException {
    List<Described> entries = value instanceof Entries list ? list.entries() : List.of(value);
    Object array = Array.newInstance(component, entries.size());
    for (int i = 0; i < entries.size(); i++) {
      Array.set(array, i, read(entries.get(i), component));
    }
    return array;
  }

  private static Object collection(Described value, Type type, Class<?> raw)
      throws MisfitException {
    Type of =
        type instanceof ParameterizedType parameterized
            ? parameterized.getActualTypeArguments()[0]
            : Object.class;
    List<Described> entries = value instanceof Entries list ? list.entries() : List.of(value);
    Collection<Object> read =
        Set.class.isAssignableFrom(raw) ? new LinkedHashSet<>() : new ArrayList<>();
    for (Described entry : entries) {
      read.add(read(entry, of));
    }
    return read;
  }

  /** With the types that a property declares for its names and values, where it does. */
  private static Object map(Described value, Type type) throws MisfitException {
    if (!(type instanceof ParameterizedType parameterized)) {
      return value.plain();
    }
    if (!(value instanceof Properties block)) {
      throw new MisfitException(value, "must be a block", "{ name = value }");
    }
    Map<Object, Object> read = new TreeMap<>();
    for (Map.Entry<String, Described> entry : block.values().entrySet()) {
      Word name = new Word(entry.getValue().place(), entry.getKey(), entry.getKey());
      read.put(
          read(name, parameterized.getActualTypeArguments()[0]),
          read(entry.getValue(), parameterized.getActualTypeArguments()[1]));
    }
    return read;
  }

  private static Object ndArray(Described value) throws MisfitException {
    boolean matrix =
        value instanceof Entries rows
            && rows.entries().stream().allMatch(row -> row instanceof Entries);
    if (!matrix) {
      return Nd4j.createFromArray((double[]) array(value, double.class))
          .reshape(1, -1)
          .castTo(Nd4j.defaultFloatingPointType());
    }
    double[][] read = (double[][]) array(value, double[].class);
    if (Stream.of(read).anyMatch(row -> row.length != read[0].length)) {
      throw new MisfitException(value, "must be rows of the same length", "[[1, 2], [3, 4]]");
    }
    return Nd4j.createFromArray(read).castTo(Nd4j.defaultFloatingPointType());
  }

  /** An object of a class, which the value names where it may be of several. */
  private static Object object(Described value, Class<?> type) throws MisfitException {
    Optional<Family> family = Family.of(type);
    if (value instanceof Word word && family.isPresent()) {
      return Assembly.of(family.get().find(value, word.text())).make(value, Map.of());
    }
    if (!(value instanceof Properties block)) {
      throw new MisfitException(
          value, "must be a word or a block", "{ class = ..., property = value }");
    }
    Map<String, Described> rest = new TreeMap<>(block.values());
    Described named = rest.remove(CLASS);
    Class<?> made = type;
    if (named != null) {
      Family of = family.orElseGet(() -> new Family(type.getName(), "", Map.of()));
      made = of.find(named, word(named, "the name of a class").text());
    } else if (Modifier.isAbstract(type.getModifiers())) {
      throw new MisfitException(
          value,
          "does not say its class",
          "class = "
              + family
                  .map(it -> "one of " + String.join(", ", it.known()))
                  .orElse("its full name"));
    }
    Assembly assembly = Assembly.of(made);
    return assembly.make(value, PropertyNames.resolve(rest, assembly.properties(), made));
  }
}

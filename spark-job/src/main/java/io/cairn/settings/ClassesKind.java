/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import io.cairn.settings.Kind.Misfit;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The classes of an output: their number, or their names.
 *
 * <p>Threading: stateless.
 */
final class ClassesKind {

  private static final Kind<Integer> NUMBER = Kind.count(2, "classes");
  private static final Kind<List<String>> NAMES =
      Kind.names("must be a number or a list of names", "3 or [cat, dog, bird]");

  /**
   * What a value says.
   *
   * @param number of classes; absent: values
   * @param names in the order of their indices; empty if only the number is given
   */
  record Classes(OptionalInt number, List<String> names) {

    /** Those of an output without classes. */
    static final Classes NONE = new Classes(OptionalInt.empty(), List.of());
  }

  static final Kind<Classes> CLASSES =
      new Kind<>(ClassesKind::read, classes -> {}, ClassesKind::json, NUMBER.words());

  private ClassesKind() {}

  private static Classes read(ConfigValue value) throws Misfit {
    if (!(value instanceof ConfigList)) {
      return new Classes(OptionalInt.of(NUMBER.read(value)), List.of());
    }
    List<String> names = NAMES.read(value);
    if (names.size() < 2 || new HashSet<>(names).size() < names.size()) {
      throw new Misfit("must name at least 2 classes, each once", "[cat, dog, bird]");
    }
    return new Classes(OptionalInt.of(names.size()), names);
  }

  private static Object json(Classes classes) {
    return classes.names().isEmpty() ? classes.number().orElseThrow() : classes.names();
  }

  /** The classes of an output, if it has some. */
  static Optional<Classes> of(ColumnSettings output) {
    return output.classes().isPresent()
        ? Optional.of(new Classes(output.classes(), output.classNames()))
        : Optional.empty();
  }
}

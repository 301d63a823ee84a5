/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import io.cairn.settings.Kind.Misfit;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The kinds of values for the classes of a label: their number, their names, and their weights.
 *
 * <p>Threading: stateless.
 */
final class ClassKinds {

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
      new Kind<>(ClassKinds::readClasses, classes -> {}, ClassKinds::writeClasses, NUMBER.words());

  private static final String BALANCED = "balanced";
  private static final Kind<List<String>> TEXTS =
      Kind.names("must be balanced or a list of numbers", "balanced or [1, 2.5]");

  static final Kind<ClassWeights> WEIGHTS =
      new Kind<>(ClassKinds::readWeights, ClassKinds::writeWeights, BALANCED, "at least 0");

  private ClassKinds() {}

  private static Classes readClasses(ConfigValue value) throws Misfit {
    if (!(value instanceof ConfigList)) {
      return new Classes(OptionalInt.of(NUMBER.read(value)), List.of());
    }
    List<String> names = NAMES.read(value);
    if (names.size() < 2 || new HashSet<>(names).size() < names.size()) {
      throw new Misfit("must name at least 2 classes, each once", "[cat, dog, bird]");
    }
    return new Classes(OptionalInt.of(names.size()), names);
  }

  private static Object writeClasses(Classes classes) {
    return classes.names().isEmpty() ? classes.number().orElseThrow() : classes.names();
  }

  /** The classes of an output, if it has some. */
  static Optional<Classes> of(ColumnSettings output) {
    return output.classes().isPresent()
        ? Optional.of(new Classes(output.classes(), output.classNames()))
        : Optional.empty();
  }

  private static ClassWeights readWeights(ConfigValue value) throws Misfit {
    List<String> given = TEXTS.read(value);
    if (given.equals(List.of(BALANCED))) {
      return new ClassWeights.Balanced();
    }
    List<Double> numbers =
        given.stream()
            .map(Kind::decimal)
            .flatMap(Optional::stream)
            .map(BigDecimal::doubleValue)
            .filter(weight -> weight >= 0 && Double.isFinite(weight))
            .toList();
    if (numbers.size() < given.size() || numbers.stream().allMatch(weight -> weight == 0)) {
      throw new Misfit(
          "must be balanced or numbers of at least 0, not all 0", "balanced or [1, 2.5]");
    }
    return new ClassWeights.Given(numbers);
  }

  private static Object writeWeights(ClassWeights weights) {
    return weights instanceof ClassWeights.Given given ? given.weights() : BALANCED;
  }
}

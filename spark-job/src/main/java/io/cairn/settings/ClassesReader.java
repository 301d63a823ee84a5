/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads what settings say of classes: their number or their names, and their weights.
 *
 * <p>Threading: stateless.
 */
final class ClassesReader {

  static final String BALANCED = "balanced";

  private ClassesReader() {}

  /**
   * Number and names of an output's classes.
   *
   * @param number of classes; absent: values
   * @param names in the order of their indices; empty if only the number is given
   */
  record Classes(OptionalInt number, List<String> names) {}

  /** Reads {@code key}: a number, or a list of names. */
  static Classes read(Values values, String key) {
    if (!values.isList(key)) {
      return new Classes(values.integer(key, 2), List.of());
    }
    List<String> names =
        values.names(key, "must be a number or a list of names", "3 or [cat, dog, bird]");
    if (names.size() < 2 || new HashSet<>(names).size() < names.size()) {
      if (!names.isEmpty()) {
        values.wrongIfGiven(key, "must name at least 2 classes, each once", "[cat, dog, bird]");
      }
      return new Classes(OptionalInt.empty(), List.of());
    }
    return new Classes(OptionalInt.of(names.size()), names);
  }

  /** Reads the weights of classes; empty where they are wrong. */
  static Optional<ClassWeights> weights(Values values, String key, List<ColumnSettings> outputs) {
    if (!values.isGiven(key)) {
      // Asked for, so that the reference documents it.
      values.names(key);
      return Optional.of(new ClassWeights.Alike());
    }
    if (outputs.size() > 1) {
      values.wrongIfGiven(
          key, "needs a model with one output", "data.weight weights the examples of several");
      return Optional.empty();
    }
    if (outputs.isEmpty() || outputs.get(0).classes().isEmpty()) {
      values.wrongIfGiven(key, "has no meaning without data.classes", "");
      return Optional.empty();
    }
    if (outputs.get(0).maxSteps().isPresent()) {
      values.wrongIfGiven(
          key, "weights an example by its class, but a sequence has one at each step", "");
      return Optional.empty();
    }
    List<String> given =
        values.names(key, "must be balanced or a list of numbers", "balanced or [1, 2.5]");
    if (given.equals(List.of(BALANCED))) {
      return Optional.of(new ClassWeights.Balanced());
    }
    return given.isEmpty()
        ? Optional.empty()
        : numbers(values, key, given, outputs.get(0).classes().getAsInt());
  }

  private static Optional<ClassWeights> numbers(
      Values values, String key, List<String> given, int classes) {
    List<Double> numbers =
        given.stream()
            .map(Values::decimal)
            .flatMap(Optional::stream)
            .map(BigDecimal::doubleValue)
            .filter(weight -> weight >= 0 && Double.isFinite(weight))
            .toList();
    if (numbers.size() < given.size() || numbers.stream().allMatch(weight -> weight == 0)) {
      values.wrongIfGiven(
          key, "must be balanced or numbers of at least 0, not all 0", "balanced or [1, 2.5]");
      return Optional.empty();
    }
    if (numbers.size() != classes) {
      values.wrongIfGiven(
          key, "has %d weights for %d classes".formatted(numbers.size(), classes), "one each");
      return Optional.empty();
    }
    return Optional.of(new ClassWeights.Given(numbers));
  }
}

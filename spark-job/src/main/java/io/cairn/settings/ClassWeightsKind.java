/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigValue;
import io.cairn.settings.Kind.Misfit;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/**
 * The weights of classes: one word, or a number for each class.
 *
 * <p>Threading: stateless.
 */
final class ClassWeightsKind {

  private static final String BALANCED = "balanced";
  private static final Kind<List<String>> TEXTS =
      Kind.names("must be balanced or a list of numbers", "balanced or [1, 2.5]");

  static final Kind<ClassWeights> WEIGHTS =
      new Kind<>(ClassWeightsKind::read, ClassWeightsKind::json, BALANCED, "at least 0");

  private ClassWeightsKind() {}

  private static ClassWeights read(ConfigValue value) throws Misfit {
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

  private static Object json(ClassWeights weights) {
    return weights instanceof ClassWeights.Given given ? given.weights() : BALANCED;
  }
}

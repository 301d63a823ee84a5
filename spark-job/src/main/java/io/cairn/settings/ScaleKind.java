/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigValue;
import io.cairn.settings.Kind.Misfit;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * How input values are scaled: a word or a factor.
 *
 * <p>Threading: stateless.
 */
final class ScaleKind {

  static final Kind<Scale> SCALE =
      new Kind<>(ScaleKind::read, ScaleKind::json, "none", "standard", "min-max", "a factor");

  private ScaleKind() {}

  private static Scale read(ConfigValue value) throws Misfit {
    String text = Kind.text().read(value);
    return switch (text) {
      case "none" -> new Scale.None();
      case "standard" -> new Scale.Standard();
      case "min-max" -> new Scale.MinMax();
      default -> new Scale.Factor(factor(text));
    };
  }

  private static double factor(String text) throws Misfit {
    List<Double> parts = new ArrayList<>();
    for (String part : text.split("/", 3)) {
      Kind.decimal(part).map(BigDecimal::doubleValue).ifPresent(parts::add);
    }
    boolean readable = !parts.isEmpty() && parts.size() == text.split("/", 3).length;
    double factor = 0;
    if (readable && parts.size() <= 2) {
      factor = parts.size() == 1 ? parts.get(0) : parts.get(0) / parts.get(1);
    }
    if (factor == 0 || !Double.isFinite(factor)) {
      throw new Misfit(
          "must be none, standard, min-max or a factor that is not 0", "such as 0.0625 or 1/255");
    }
    return factor;
  }

  private static Object json(Scale scale) {
    if (scale instanceof Scale.Factor factor) {
      return factor.factor();
    }
    if (scale instanceof Scale.Standard) {
      return "standard";
    }
    return scale instanceof Scale.MinMax ? "min-max" : "none";
  }
}

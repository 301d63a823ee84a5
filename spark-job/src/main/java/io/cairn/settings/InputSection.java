/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads how an input's values are made: {@code scale}, of all inputs or of one, and {@code image}.
 *
 * <p>Threading: stateless.
 */
final class InputSection {

  private InputSection() {}

  /** The form of one entry of {@code data.inputs}, of which shape and columns have been read. */
  static InputForm form(
      Values entry, List<String> columns, List<Integer> shape, OptionalInt maxSteps) {
    Optional<Scale> scale = scale(entry, "scale");
    Optional<InputForm.Image> image = entry.choice("image", InputForm.Image.class);
    if (image.isPresent() && image.get() != InputForm.Image.NONE) {
      boolean fits = shape.size() == 3 && columns.size() == 1 && maxSteps.isEmpty();
      int channels = 0;
      if (shape.size() == 3) {
        channels = shape.get(image.get() == InputForm.Image.CHANNELS_FIRST ? 0 : 2);
      }
      if (!fits) {
        entry.wrongIfGiven(
            "image",
            "needs one column and a shape of three lengths, and no max-steps",
            "such as { columns = content, image = channels-last, shape = [28, 28, 1] }");
        return new InputForm(scale, InputForm.Image.NONE);
      }
      if (channels != 1 && channels != 3 && channels != 4) {
        entry.wrongIfGiven(
            "shape",
            "has %d channels where image = %s"
                .formatted(
                    channels,
                    image.get() == InputForm.Image.CHANNELS_FIRST
                        ? "channels-first"
                        : "channels-last"),
            "1 (grey), 3 (red, green, blue) or 4 (with opacity)");
        return new InputForm(scale, InputForm.Image.NONE);
      }
    }
    return new InputForm(scale, image.orElse(InputForm.Image.NONE));
  }

  /** A scaling; empty where none is given or it is wrong. */
  static Optional<Scale> scale(Values values, String key) {
    Optional<String> text = values.text(key);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    return switch (text.get()) {
      case "none" -> Optional.of(new Scale.None());
      case "standard" -> Optional.of(new Scale.Standard());
      case "min-max" -> Optional.of(new Scale.MinMax());
      default -> factor(values, key, text.get());
    };
  }

  private static Optional<Scale> factor(Values values, String key, String text) {
    List<Double> parts = new ArrayList<>();
    for (String part : text.split("/", 3)) {
      Values.decimal(part).map(BigDecimal::doubleValue).ifPresent(parts::add);
    }
    boolean readable = !parts.isEmpty() && parts.size() == text.split("/", 3).length;
    double factor = 0;
    if (readable && parts.size() <= 2) {
      factor = parts.size() == 1 ? parts.get(0) : parts.get(0) / parts.get(1);
    }
    if (factor == 0 || !Double.isFinite(factor)) {
      values.wrongIfGiven(
          key,
          "must be none, standard, min-max or a factor that is not 0",
          "such as 0.0625 or 1/255");
      return Optional.empty();
    }
    return Optional.of(new Scale.Factor(factor));
  }
}

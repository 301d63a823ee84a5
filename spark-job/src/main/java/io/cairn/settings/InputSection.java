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
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads the settings {@code scale} and {@code image}, which say how the values of an input are
 * computed.
 *
 * <p>Threading: stateless.
 */
final class InputSection {

  /** A word or a factor, of all inputs or of one. */
  static final Kind<Scale> SCALE =
      new Kind<>(
          InputSection::readScale, InputSection::json, "none", "standard", "min-max", "a factor");

  private InputSection() {}

  /** The form of one entry of {@code data.inputs}, of which shape and columns have been read. */
  static InputForm form(
      Values entry, List<String> columns, List<Integer> shape, OptionalInt maxSteps) {
    Optional<Scale> scale = entry.maybe(ColumnSettings.SCALE);
    Optional<InputForm.Image> image = entry.maybe(ColumnSettings.IMAGE);
    if (image.isPresent() && image.get() != InputForm.Image.NONE) {
      boolean fits = shape.size() == 3 && columns.size() == 1 && maxSteps.isEmpty();
      int channels = 0;
      if (shape.size() == 3) {
        channels = shape.get(image.get() == InputForm.Image.CHANNELS_FIRST ? 0 : 2);
      }
      if (!fits) {
        entry.wrongIfGiven(
            ColumnSettings.IMAGE,
            "needs one column and a shape of three lengths, and no max-steps",
            "such as { columns = content, image = channels-last, shape = [28, 28, 1] }");
        return new InputForm(scale, InputForm.Image.NONE);
      }
      if (channels != 1 && channels != 3 && channels != 4) {
        entry.wrongIfGiven(
            ColumnSettings.SHAPE,
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

  private static Scale readScale(ConfigValue value) throws Misfit {
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

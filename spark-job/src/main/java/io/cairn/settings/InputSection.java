/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads how the values of one input are made: {@code scale} and {@code image}.
 *
 * <p>Threading: stateless.
 */
final class InputSection {

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
}

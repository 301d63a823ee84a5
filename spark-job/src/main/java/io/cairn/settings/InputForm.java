/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.Objects;
import java.util.Optional;

/**
 * How the values of one input are computed from its columns.
 *
 * @param scale how they are scaled; absent: as {@code data.scale} says
 * @param image whether the column holds pictures, and what their shape says
 */
public record InputForm(Optional<Scale> scale, Image image) {

  /** Whether a column holds pictures to be decoded, and the order of {@code shape}. */
  public enum Image {
    /** It holds values. */
    NONE,
    /** Pictures, as [channels, height, width]. */
    CHANNELS_FIRST,
    /** Pictures, as [height, width, channels]. */
    CHANNELS_LAST
  }

  /** Values, scaled like all others. */
  public static final InputForm USUAL = new InputForm(Optional.empty(), Image.NONE);

  public InputForm {
    Objects.requireNonNull(scale, "scale");
    Objects.requireNonNull(image, "image");
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * The scaling of inputs that comes with a model: {@code (x - shift) / spread}.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param name for messages
 * @param extent whether columns have numbers of their own
 * @param inputs in the model's order; where all values are scaled alike, one with one number
 */
public record ModelScaling(String name, Extent extent, List<Channels> inputs) {

  /** Whether columns have numbers of their own. */
  public enum Extent {
    /** Each column of a vector, each channel of anything else. */
    PER_CHANNEL,
    /** All values are scaled alike. */
    ALL_ALIKE
  }

  /** Shift and spread of an input's channels. */
  public record Channels(List<Double> shift, List<Double> spread) {
    public Channels {
      shift = List.copyOf(shift);
      spread = List.copyOf(spread);
    }
  }

  public ModelScaling {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(extent, "extent");
    inputs = List.copyOf(inputs);
  }

  /**
   * The same for inputs as they are.
   *
   * @param problems takes a sentence for what does not fit; the result is then not to be used
   */
  public Scaling of(List<Field> fields, List<String> problems) {
    if (extent == Extent.ALL_ALIKE) {
      Channels one = inputs.get(0);
      return Scaling.stored(
          fields.stream()
              .map(
                  field ->
                      new Channels(
                          Collections.nCopies(field.channels(), one.shift().get(0)),
                          Collections.nCopies(field.channels(), one.spread().get(0))))
              .toList());
    }
    if (inputs.size() != fields.size()) {
      problems.add(
          "%s scales %d inputs, the data has %d; data.scale = none leaves it out"
              .formatted(name, inputs.size(), fields.size()));
      return Scaling.none();
    }
    for (int i = 0; i < inputs.size(); i++) {
      int channels = inputs.get(i).shift().size();
      if (channels != fields.get(i).channels()) {
        problems.add(
            "%s scales %d columns or channels, '%s' has %d; data.scale = none leaves it out"
                .formatted(name, channels, fields.get(i).name(), fields.get(i).channels()));
      }
    }
    return problems.isEmpty() ? Scaling.stored(inputs) : Scaling.none();
  }
}

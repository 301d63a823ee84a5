/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.ModelScaling;
import io.cairn.data.Scaling;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Computes the scaling where inputs have scalings of their own.
 *
 * <p>All of them together are expressed as one standardisation. This is possible because every
 * scaling has the form (x - shift) / spread: each input gets the statistics that produce its
 * scaling.
 *
 * <p>Threading: stateless.
 */
final class InputScales {
  private InputScales() {}

  /** The scaling of one input: its own, or that of all. */
  static Scale of(DataSettings settings, int input) {
    return settings.inputs().get(input).form().scale().orElse(settings.scale());
  }

  /**
   * Whether an input's values are changed.
   *
   * @param stored the scaling that comes with the model and is to be applied, if one does
   */
  static boolean changes(DataSettings settings, int input, Optional<ModelScaling> stored) {
    Scale scale = of(settings, input);
    return scale instanceof Scale.FromModel ? stored.isPresent() : !(scale instanceof Scale.None);
  }

  /** Whether some input's scaling needs statistics of the data. */
  static boolean areFitted(DataSettings settings) {
    return inputs(settings)
        .mapToObj(i -> of(settings, i))
        .anyMatch(scale -> scale instanceof Scale.Standard || scale instanceof Scale.MinMax);
  }

  /** Whether some input is scaled in another way than {@code data.scale} says. */
  static boolean differ(DataSettings settings) {
    return inputs(settings).anyMatch(i -> !of(settings, i).equals(settings.scale()));
  }

  private static IntStream inputs(DataSettings settings) {
    return IntStream.range(0, settings.inputs().size());
  }

  /**
   * The scaling of inputs that are scaled differently.
   *
   * @param stored what comes with the model does to the inputs; none if nothing comes
   */
  static Scaling each(
      DataSettings settings, ExampleLayout layout, PartitionSurvey survey, Scaling stored) {
    List<Scaling.Statistics> fitted = areFitted(settings) ? survey.statistics() : List.of();
    List<Scaling.Statistics> each = new ArrayList<>();
    for (int i = 0; i < settings.inputs().size(); i++) {
      Field field = layout.inputs().get(i);
      int channels = field.encoding() instanceof Encoding.Values ? field.channels() : 0;
      Scale scale = of(settings, i);
      if (scale instanceof Scale.Standard) {
        each.add(fitted.get(i));
      } else if (scale instanceof Scale.FromModel && stored.method() == Scaling.Method.STORED) {
        each.add(stored.inputs().get(i));
      } else if (scale instanceof Scale.MinMax) {
        each.add(overRange(fitted.get(i)));
      } else {
        double factor = scale instanceof Scale.Factor given ? given.factor() : 1;
        each.add(same(channels, 1 / factor));
      }
    }
    return Scaling.fitted(Scaling.Method.STANDARD, each);
  }

  private static Scaling.Statistics overRange(Scaling.Statistics of) {
    List<Double> ranges =
        IntStream.range(0, of.channels()).mapToObj(c -> of.max().get(c) - of.min().get(c)).toList();
    return new Scaling.Statistics(of.min(), ranges, of.min(), of.max());
  }

  private static Scaling.Statistics same(int channels, double spread) {
    List<Double> zeros = Collections.nCopies(channels, 0.0);
    return new Scaling.Statistics(zeros, Collections.nCopies(channels, spread), zeros, zeros);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Scaling;
import io.cairn.replica.InputScaling;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Translates the scaling of the inputs from the data room's types to the replica's. */
final class StoredScaling {

  private StoredScaling() {}

  static InputScaling of(Scaling scaling, ExampleLayout layout) {
    return switch (scaling.method()) {
      case NONE -> InputScaling.none();
      case STORED -> InputScaling.stored();
      case FACTOR ->
          // x * factor is (x - 0) / (1 / factor).
          new InputScaling(
              InputScaling.ScalingKind.STANDARD,
              layout.inputs().stream()
                  .map(Field::channels)
                  .map(n -> new InputScaling.Input(same(n, 0), same(n, 1 / scaling.factor())))
                  .toList());
      case STANDARD ->
          new InputScaling(
              InputScaling.ScalingKind.STANDARD,
              scaling.inputs().stream()
                  .map(s -> new InputScaling.Input(s.mean(), s.standardDeviation()))
                  .toList());
      case MIN_MAX ->
          new InputScaling(
              InputScaling.ScalingKind.MIN_MAX,
              scaling.inputs().stream()
                  .map(s -> new InputScaling.Input(s.min(), stretched(s.min(), s.max())))
                  .toList());
    };
  }

  /**
   * A constant channel is shifted and not stretched; DL4J would stretch it a hundred thousand
   * times.
   */
  private static List<Double> stretched(List<Double> min, List<Double> max) {
    return IntStream.range(0, min.size())
        .mapToObj(i -> min.get(i).equals(max.get(i)) ? min.get(i) + 1 : max.get(i))
        .toList();
  }

  private static List<Double> same(int count, double value) {
    return Collections.nCopies(count, value);
  }
}

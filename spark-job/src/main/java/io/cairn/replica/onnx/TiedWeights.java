/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the matrices of a file that are one parameter. Where a model uses a matrix twice, such as
 * an embedding that is the head, too, PyTorch's exporter writes it twice, the second time
 * transposed. Equal numbers are all that shows it; matrices that are not one parameter have
 * different ones, unless all their numbers are the same.
 *
 * <p>Threading: one thread.
 */
final class TiedWeights {

  /** How a matrix lies in the one that it is. */
  enum Layout {
    /** As it is. */
    SAME,
    /** With rows for columns. */
    TRANSPOSED
  }

  /**
   * What a matrix is.
   *
   * @param name of the one before it
   */
  record Tie(String name, Layout layout) {}

  private record Matrix(String name, INDArray values) {}

  private final Map<Integer, List<Matrix>> byNumbers = new HashMap<>();

  /**
   * What a matrix is, if it has been seen before; else it is remembered.
   *
   * @param values of any rank; borrowed for good
   */
  Optional<Tie> find(String name, INDArray values) {
    if (!isTelling(values)) {
      return Optional.empty();
    }
    // The same numbers in another order may add up to another sum, but have the same extremes.
    int numbers =
        List.of(values.length(), values.maxNumber().doubleValue(), values.minNumber().doubleValue())
            .hashCode();
    List<Matrix> before = byNumbers.computeIfAbsent(numbers, it -> new ArrayList<>());
    for (Matrix matrix : before) {
      if (isSame(matrix.values(), values)) {
        return Optional.of(new Tie(matrix.name(), Layout.SAME));
      }
      if (isSame(matrix.values(), values.transpose())) {
        return Optional.of(new Tie(matrix.name(), Layout.TRANSPOSED));
      }
    }
    before.add(new Matrix(name, values));
    return Optional.empty();
  }

  /** Whether no other parameter has these numbers by chance. */
  static boolean isTelling(INDArray values) {
    return values.rank() == 2
        && values.maxNumber().doubleValue() != values.minNumber().doubleValue();
  }

  private static boolean isSame(INDArray a, INDArray b) {
    return a.size(0) == b.size(0)
        && a.size(1) == b.size(1)
        && a.sub(b).amaxNumber().doubleValue() == 0;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What shape a graph's value has. SameDiff does not say it before a pass, so that the value is
 * computed of zeros, twice: for two examples of two steps, and for three of three. What differs is
 * the number of examples or steps.
 *
 * <p>Threading: one thread, that of the graph.
 *
 * <p>Failure: {@link RefusedGraphException} naming the value.
 *
 * @param rank its number of dimensions
 * @param width length of its last dimension
 */
record ValueShape(int rank, long width) {

  static ValueShape of(SameDiff graph, String value) {
    long[] two = computed(graph, value, 2);
    long[] three = computed(graph, value, 3);
    boolean rows = two.length >= 2 && two.length == three.length && two[0] == 2 && three[0] == 3;
    int last = two.length - 1;
    if (!rows || two[last] != three[last]) {
      throw new RefusedGraphException(
          "model.output = %s: it has the shape %s for 2 examples of 2 steps and %s for 3 of 3; a new output reads rows of one length, [examples, values] or [examples, steps, values]"
              .formatted(value, Arrays.toString(two), Arrays.toString(three)));
    }
    return new ValueShape(two.length, two[last]);
  }

  /**
   * The shape for some examples of as many steps.
   *
   * @param free what dimensions are that the graph leaves open
   */
  private static long[] computed(SameDiff graph, String value, int free) {
    Map<String, INDArray> zeros = new HashMap<>();
    for (String source : GraphWalk.sources(graph, value)) {
      SDVariable variable = graph.getVariable(source);
      if (variable.isPlaceHolder()) {
        long[] shape = variable.placeholderShape();
        if (shape == null) {
          throw new RefusedGraphException(
              "placeholder %s does not say how many dimensions it has, so that nothing tells the shape of %s, which a new output reads"
                  .formatted(source, value));
        }
        long[] some = Arrays.stream(shape).map(length -> length < 0 ? free : length).toArray();
        zeros.put(source, Nd4j.zeros(variable.dataType(), some));
      }
    }
    try (GraphSession session = new GraphSession(graph)) {
      INDArray found = session.compute(List.of(value), zeros).get(value);
      long[] shape = found.shape();
      found.close();
      return shape;
    } catch (RuntimeException e) {
      throw new RefusedGraphException(
          "model.output = %s: it cannot be computed of zeros for %d examples of %d steps (%s), so that nothing tells its shape, which a new output needs"
              .formatted(value, free, free, GraphFile.firstLine(e)));
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Finds the first layer whose result for an example depends on the other examples of its batch, by
 * trying: examples go through the network once in one batch, and half of them once more alone. The
 * layers behind the first are fed with what it made, so that nothing can be said of them.
 *
 * <p>Threading: the network's thread.
 */
final class BatchDependence {

  private static final double TOLERANCE_FLOAT64 = 1e-9;
  private static final double TOLERANCE_FLOAT32 = 1e-3;

  private BatchDependence() {}

  /**
   * The layer.
   *
   * @param network without noise; afterwards of no use for training
   * @param examples at least 2
   * @param phase at inference batch normalization depends on no example, and what stands behind it
   *     can be seen
   */
  static Optional<String> first(Network network, MultiDataSet examples, Network.Phase phase) {
    int count = SomeExamples.count(examples);
    Map<String, INDArray> together = copies(network.activations(examples, phase));
    Map<String, INDArray> alone =
        network.activations(SomeExamples.part(examples, 0, Math.max(1, count / 2)), phase);
    double tolerance =
        network.parameters().dataType().width() == Double.BYTES
            ? TOLERANCE_FLOAT64
            : TOLERANCE_FLOAT32;
    return together.entrySet().stream()
        .filter(layer -> differ(layer.getValue(), alone.get(layer.getKey()), count, tolerance))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private static Map<String, INDArray> copies(Map<String, INDArray> arrays) {
    Map<String, INDArray> copies = new LinkedHashMap<>();
    arrays.forEach((layer, array) -> copies.put(layer, array.dup('c')));
    return copies;
  }

  private static boolean differ(INDArray together, INDArray alone, int count, double tolerance) {
    if (alone == null || together.size(0) % count != 0 || alone.isEmpty()) {
      return false; // no example is a row of it, be it that it had as many rows by chance
    }
    INDArrayIndex[] half = new INDArrayIndex[together.rank()];
    half[0] = NDArrayIndex.interval(0, alone.size(0));
    for (int i = 1; i < half.length; i++) {
      half[i] = NDArrayIndex.all();
    }
    INDArray same = together.get(half).dup('c').reshape('c', alone.shape());
    double gap = same.sub(alone).amaxNumber().doubleValue();
    return !(gap <= tolerance * Math.max(same.amaxNumber().doubleValue(), 1e-30));
  }
}

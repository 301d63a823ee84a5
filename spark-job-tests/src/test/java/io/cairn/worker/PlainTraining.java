/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** The yardstick: plain DL4J, one process, one {@code fit} on all examples of an update. */
final class PlainTraining {

  private final Model model;
  private final List<Double> scores = new ArrayList<>();

  PlainTraining(byte[] archive, boolean graph) throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(archive);
    model =
        graph
            ? ModelSerializer.restoreComputationGraph(in, true)
            : ModelSerializer.restoreMultiLayerNetwork(in, true);
  }

  Model model() {
    return model;
  }

  /** DL4J's score of each batch before its update. */
  List<Double> scores() {
    return scores;
  }

  void fit(MultiDataSet batch) {
    if (model instanceof MultiLayerNetwork net) {
      net.fit(
          new DataSet(
              batch.getFeatures(0),
              batch.getLabels(0),
              batch.getFeaturesMaskArray(0),
              batch.getLabelsMaskArray(0)));
    } else {
      ((ComputationGraph) model).fit(batch);
    }
    scores.add(model.score());
  }

  void epochDone() {
    if (model instanceof MultiLayerNetwork net) {
      net.incrementEpochCount();
    } else {
      ((ComputationGraph) model).incrementEpochCount();
    }
  }

  /** All parts as one batch. */
  static MultiDataSet concatenated(List<MultiDataSet> parts) {
    MultiDataSet first = parts.get(0);
    return new org.nd4j.linalg.dataset.MultiDataSet(
        all(parts, first.getFeatures().length, MultiDataSet::getFeatures),
        all(parts, first.getLabels().length, MultiDataSet::getLabels),
        all(parts, first.getFeatures().length, MultiDataSet::getFeaturesMaskArrays),
        all(parts, first.getLabels().length, MultiDataSet::getLabelsMaskArrays));
  }

  private static INDArray[] all(
      List<MultiDataSet> parts, int count, Function<MultiDataSet, INDArray[]> arrays) {
    if (arrays.apply(parts.get(0)) == null) {
      return null;
    }
    INDArray[] result = new INDArray[count];
    for (int i = 0; i < count; i++) {
      List<INDArray> pieces = new ArrayList<>();
      for (MultiDataSet part : parts) {
        if (arrays.apply(part)[i] != null) {
          pieces.add(arrays.apply(part)[i]);
        }
      }
      result[i] = pieces.isEmpty() ? null : Nd4j.concat(0, pieces.toArray(new INDArray[0]));
    }
    return result;
  }
}

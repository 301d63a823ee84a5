/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;

/** Layers that combine several tensors into one. */
final class KerasMerges {

  private KerasMerges() {}

  static void addTo(Map<String, KerasLayers.Reader> readers) {
    readers.put("Add", elementWise(ElementWiseVertex.Op.Add));
    readers.put("Subtract", elementWise(ElementWiseVertex.Op.Subtract));
    readers.put("Multiply", elementWise(ElementWiseVertex.Op.Product));
    readers.put("Average", elementWise(ElementWiseVertex.Op.Average));
    readers.put("Maximum", elementWise(ElementWiseVertex.Op.Max));
    readers.put("Concatenate", KerasMerges::concatenate);
  }

  private static KerasLayers.Reader elementWise(ElementWiseVertex.Op operation) {
    return (layer, inputs, net) -> {
      several(layer, inputs);
      int[] shape = inputs.get(0).shape();
      for (KerasTensor input : inputs) {
        if (!Arrays.equals(input.shape(), shape)) {
          throw layer
              .config()
              .refused(
                  "inputs of different shapes " + inputs + "; those of one shape are supported");
        }
      }
      return net.vertex(
          net.freeName(layer.name()), new ElementWiseVertex(operation), same(inputs, net));
    };
  }

  private static void several(KerasLayer layer, List<KerasTensor> inputs) {
    if (inputs.size() < 2) {
      throw layer.config().refused("one input; it merges two or more");
    }
    if (inputs.stream().map(KerasTensor::vertex).distinct().count() < inputs.size()) {
      throw layer.config().refused("the same input twice");
    }
  }

  private static List<KerasTensor> same(List<KerasTensor> inputs, KerasNet net) {
    KerasTensor.Form form = inputs.get(0).form();
    boolean agree = inputs.stream().allMatch(input -> input.form() == form);
    KerasTensor.Form common = agree ? form : KerasTensor.Form.SAME;
    return inputs.stream().map(input -> net.in(input, common)).toList();
  }

  private static KerasTensor concatenate(KerasLayer layer, List<KerasTensor> inputs, KerasNet net) {
    several(layer, inputs);
    KerasConfig config = layer.config();
    int rank = inputs.get(0).rank();
    int given = config.integer("axis", -1);
    int axis = given < 0 ? rank + 1 + given : given;
    if (axis < 1 || axis > rank) {
      throw config.refused("axis", "an axis of an example, from 1 to " + rank);
    }
    int[] shape = inputs.get(0).shape().clone();
    shape[axis - 1] = 0;
    for (KerasTensor input : inputs) {
      if (input.rank() != rank || input.shape()[axis - 1] < 0) {
        throw config.refused("inputs of the shapes " + inputs);
      }
      for (int other = 0; other < rank; other++) {
        if (other == axis - 1) {
          shape[other] += input.shape()[other];
        } else if (input.shape()[other] != shape[other]) {
          throw config.refused("inputs of the shapes " + inputs);
        }
      }
    }
    MergeVertex merge = new MergeVertex();
    merge.setMergeAxis(axis);
    List<KerasTensor> from =
        inputs.stream().map(input -> net.in(input, KerasTensor.Form.SAME)).toList();
    return net.vertex(net.freeName(layer.name()), merge, from).shaped(shape);
  }
}

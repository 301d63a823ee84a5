/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.LayerRow.Updated;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Lists the layers of a network with their shapes, which a forward pass tells.
 *
 * <p>Threading: that of the network.
 */
final class LayerRows {

  private LayerRows() {}

  /**
   * The rows.
   *
   * @param sample of the data's shapes and types; borrowed until return
   */
  static List<LayerRow> of(Dl4jNetwork net, MultiDataSet sample) {
    Map<String, Layer> layers = net.configurations();
    List<LayerRow> rows = new ArrayList<>();
    net.activations(sample)
        .forEach(
            (name, output) ->
                rows.add(
                    row(name, layers.get(name), net, output, parameters(net, name, rows.size()))));
    return rows;
  }

  /** Of a layer, or of a vertex such as that of attention. */
  private static long parameters(Dl4jNetwork net, String name, int index) {
    return net instanceof GraphNetwork graph
        ? graph.vertex(name).numParams()
        : net.layers()[index].numParams();
  }

  private static LayerRow row(
      String name, Layer layer, Dl4jNetwork net, INDArray output, long parameters) {
    String kind =
        layer == null
            ? LayerWords.kind(((GraphNetwork) net).configuration().conf().getVertices().get(name))
            : kind(layer);
    List<Long> shape = Arrays.stream(output.shape()).skip(1).boxed().toList();
    Updated updated =
        parameters == 0 ? Updated.NOTHING : FrozenLayers.isFrozen(layer) ? Updated.NO : Updated.YES;
    return new LayerRow(name, kind, shape, parameters, updated);
  }

  private static String kind(Layer layer) {
    String kind = LayerWords.kind(layer);
    return LayerWords.activation(LayerWords.core(layer))
        .map(activation -> kind + " " + activation)
        .orElse(kind);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** A {@link ComputationGraph} as the training step needs it. */
final class GraphNetwork extends Dl4jNetwork {

  private final LossOnly net;

  /**
   * @param conf taken over, not copied
   * @param parameters flat initial parameters, copied; null to initialise them from the
   *     configuration's seed
   * @param updaterState flat state to go on from, copied; null for a fresh one
   */
  GraphNetwork(ComputationGraphConfiguration conf, INDArray parameters, INDArray updaterState) {
    this(LossOnly.initialised(conf, parameters, Parameters.OWN), updaterState, Parameters.OWN);
  }

  private GraphNetwork(LossOnly net, INDArray updaterState, Parameters owned) {
    super(net, net.getUpdater(true), parts(net), first(net), outputs(net), updaterState, owned);
    this.net = net;
  }

  /**
   * A network that computes passes with the parameters of another.
   *
   * @param conf taken over, not copied; with updaters that keep nothing
   * @param parameters used as they are
   */
  static GraphNetwork sharing(ComputationGraphConfiguration conf, INDArray parameters) {
    return new GraphNetwork(
        LossOnly.initialised(conf, parameters, Parameters.SHARED), null, Parameters.SHARED);
  }

  private static List<NetworkUpdater.Part> parts(ComputationGraph net) {
    List<NetworkUpdater.Part> parts = new ArrayList<>();
    GraphVertex[] vertices = net.getVertices();
    for (int index : net.topologicalSortOrder()) {
      GraphVertex vertex = vertices[index];
      if (vertex.numParams() > 0) {
        String name = vertex.getVertexName();
        parts.add(
            new NetworkUpdater.Part(name, name, vertex.hasLayer() ? vertex.getLayer() : vertex));
      }
    }
    return parts;
  }

  /** The layers that inputs go into. */
  static List<org.deeplearning4j.nn.conf.layers.Layer> first(ComputationGraph net) {
    ComputationGraphConfiguration graph = net.getConfiguration();
    return graph.getVertexInputs().entrySet().stream()
        .filter(entry -> entry.getValue().stream().anyMatch(graph.getNetworkInputs()::contains))
        .map(entry -> graph.getVertices().get(entry.getKey()))
        .filter(LayerVertex.class::isInstance)
        .map(vertex -> ((LayerVertex) vertex).getLayerConf().getLayer())
        .toList();
  }

  private static List<org.deeplearning4j.nn.conf.layers.Layer> outputs(ComputationGraph net) {
    return net.getConfiguration().getNetworkOutputs().stream()
        .map(net::getVertex)
        .filter(GraphVertex::hasLayer)
        .map(vertex -> vertex.getLayer().conf().getLayer())
        .toList();
  }

  @Override
  ModelConfiguration.Graph configuration() {
    return new ModelConfiguration.Graph(net.getConfiguration());
  }

  @Override
  Map<String, INDArray> activations(INDArray[] inputs) {
    Map<String, INDArray> each = net.feedForward(inputs, false);
    Map<String, INDArray> named = new LinkedHashMap<>();
    for (int index : net.topologicalSortOrder()) {
      GraphVertex vertex = net.getVertices()[index];
      if (!vertex.isInputVertex()) {
        named.put(vertex.getVertexName(), each.get(vertex.getVertexName()));
      }
    }
    return named;
  }

  @Override
  Map<String, org.deeplearning4j.nn.conf.layers.Layer> configurations() {
    Map<String, org.deeplearning4j.nn.conf.layers.Layer> named = new LinkedHashMap<>();
    net.getConfiguration()
        .getVertices()
        .forEach(
            (name, vertex) -> {
              if (vertex instanceof LayerVertex layer) {
                named.put(name, layer.getLayerConf().getLayer());
              }
            });
    return named;
  }

  /** The vertex of that name. */
  GraphVertex vertex(String name) {
    return net.getVertex(name);
  }

  @Override
  Layer[] layers() {
    return net.getLayers();
  }

  @Override
  public ModelSignature signature() {
    return ModelSignature.of(net);
  }

  @Override
  public List<OptionalLong> indexInputs() {
    return IndexInputs.of(net);
  }

  @Override
  public List<OptionalLong> inputWidths() {
    return InputWidths.of(net);
  }

  @Override
  public List<OptionalDouble> maskedInputs() {
    return MaskedInputs.of(net);
  }

  @Override
  void bind(MultiDataSet batch) {
    net.setInputs(batch.getFeatures());
    net.setLabels(batch.getLabels());
    if (batch.hasMaskArrays()) {
      net.setLayerMaskArrays(batch.getFeaturesMaskArrays(), batch.getLabelsMaskArrays());
    }
  }

  @Override
  Map<String, INDArray> boundActivations(Phase phase) {
    Map<String, INDArray> made = net.feedForward(phase == Phase.TRAINING);
    Map<String, INDArray> inOrder = new LinkedHashMap<>();
    for (int index : net.topologicalSortOrder()) {
      String name = net.getVertices()[index].getVertexName();
      if (made.containsKey(name)) {
        inOrder.put(name, made.get(name));
      }
    }
    return inOrder;
  }

  @Override
  void clearMasks() {
    net.clearLayerMaskArrays();
  }

  @Override
  void clearStates() {
    net.clearLayersStates();
  }

  @Override
  void clearInputs() {
    net.clear();
  }

  @Override
  double meanLoss(INDArray[] inputs, MultiDataSet batch) {
    MultiDataSet guarded =
        new org.nd4j.linalg.dataset.MultiDataSet(
            inputs, batch.getLabels(), batch.getFeaturesMaskArrays(), batch.getLabelsMaskArrays());
    return net.score(guarded, false);
  }

  @Override
  INDArray[] output(INDArray[] inputs, INDArray[] inputMasks) {
    return net.output(false, inputs, inputMasks, null);
  }

  @Override
  public double regularizationScore() {
    return net.fullRegularizationScore();
  }

  @Override
  public int iteration() {
    return net.getConfiguration().getIterationCount();
  }

  @Override
  public void iteration(int iteration) {
    net.getConfiguration().setIterationCount(iteration);
  }

  @Override
  public int epoch() {
    return net.getConfiguration().getEpochCount();
  }

  @Override
  public void epoch(int epoch) {
    net.getConfiguration().setEpochCount(epoch);
  }

  /** As in {@link SequentialNetwork}: no regularisation score in a pass. */
  private static final class LossOnly extends ComputationGraph {
    private static final long serialVersionUID = 1L;

    private LossOnly(ComputationGraphConfiguration conf) {
      super(conf);
    }

    static LossOnly initialised(
        ComputationGraphConfiguration conf, INDArray parameters, Parameters owned) {
      LossOnly net = new LossOnly(conf);
      net.init(parameters, owned == Parameters.OWN);
      net.initGradientsView();
      LayerHelpers.mend(net);
      return net;
    }

    @Override
    public double calcRegularizationScore(boolean backpropParamsOnly) {
      return 0;
    }

    double fullRegularizationScore() {
      return super.calcRegularizationScore(true);
    }
  }
}

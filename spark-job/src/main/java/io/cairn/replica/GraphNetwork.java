/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.StepFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** A {@link ComputationGraph} as the training step needs it. */
final class GraphNetwork implements Network {

  private final LossOnly net;
  private final ComputationGraphUpdater updater;
  private final List<ParameterRange> ranges;
  private final Gradient gradient;
  private final WeightedLosses weighted;
  private final StepFunction stepFunction;
  private final InputGuard guard;

  /**
   * @param conf taken over, not copied
   * @param parameters flat initial parameters, copied; null to initialise them from the
   *     configuration's seed
   * @param updaterState flat state to go on from, copied; null for a fresh one
   */
  GraphNetwork(ComputationGraphConfiguration conf, INDArray parameters, INDArray updaterState) {
    net = new LossOnly(conf);
    net.init(parameters, true);
    net.initGradientsView();
    LayerHelpers.mend(net);
    updater = net.getUpdater(true);
    if (updaterState != null) {
      updater.setStateViewArray(updaterState);
    }
    List<NetworkUpdater.Part> parts = parts(net);
    ranges = NetworkUpdater.ranges(parts);
    gradient = NetworkUpdater.gradientViews(parts, net.getFlattenedGradients());
    stepFunction = NetworkUpdater.stepFunction(net.conf());
    guard = InputGuard.of(net);
    weighted = new WeightedLosses(outputs(net));
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

  private static List<org.deeplearning4j.nn.conf.layers.Layer> outputs(ComputationGraph net) {
    return net.getConfiguration().getNetworkOutputs().stream()
        .map(net::getVertex)
        .filter(GraphVertex::hasLayer)
        .map(vertex -> vertex.getLayer().conf().getLayer())
        .toList();
  }

  @Override
  public Model model() {
    return net;
  }

  @Override
  public INDArray parameters() {
    return NetworkUpdater.flat(net.params());
  }

  @Override
  public INDArray gradient() {
    return NetworkUpdater.flat(net.getFlattenedGradients());
  }

  @Override
  public INDArray updaterState() {
    return updater.getStateViewArray();
  }

  @Override
  public List<ParameterRange> ranges() {
    return ranges;
  }

  @Override
  public double backpropagate(MultiDataSet batch) {
    net.setInputs(batch.getFeatures());
    net.setLabels(batch.getLabels());
    boolean masked = batch.hasMaskArrays();
    if (masked) {
      net.setLayerMaskArrays(batch.getFeaturesMaskArrays(), batch.getLabelsMaskArrays());
    }
    double lossSum =
        weighted.during(
            ExampleWeights.of(batch),
            () -> {
              net.computeGradientAndScore();
              return net.score() * batch.getFeatures(0).size(0);
            });
    if (masked) {
      net.clearLayerMaskArrays();
    }
    net.clearLayersStates();
    return lossSum;
  }

  @Override
  public void forgetPasses() {
    net.clearLayerMaskArrays();
    net.clearLayersStates();
    net.clear();
  }

  @Override
  public boolean dividesByExamples() {
    return net.conf().isMiniBatch();
  }

  @Override
  public double regularizationScore() {
    return net.fullRegularizationScore();
  }

  @Override
  public void update(int examples) {
    updater.update(gradient, iteration(), epoch(), examples, LayerWorkspaceMgr.noWorkspaces());
    NetworkUpdater.step(stepFunction, parameters(), gradient);
    iteration(iteration() + 1);
    net.applyConstraints(iteration(), epoch());
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

  @Override
  public INDArray[] output(MultiDataSet batch) {
    // Without the labels' masks, by which DL4J would multiply outputs.
    return net.output(false, guard.inputs(batch), batch.getFeaturesMaskArrays(), null);
  }

  @Override
  public double loss(MultiDataSet batch) {
    MultiDataSet guarded =
        new org.nd4j.linalg.dataset.MultiDataSet(
            guard.inputs(batch),
            batch.getLabels(),
            batch.getFeaturesMaskArrays(),
            batch.getLabelsMaskArrays());
    return weighted.during(
        ExampleWeights.of(batch), () -> net.score(guarded, false) * batch.getFeatures(0).size(0));
  }

  @Override
  public double learningRate() {
    for (org.deeplearning4j.nn.api.Layer layer : net.getLayers()) {
      Double rate = net.getLearningRate(layer.conf().getLayer().getLayerName());
      if (rate != null) {
        return rate;
      }
    }
    return Double.NaN;
  }

  /** As in {@link SequentialNetwork}: no regularisation score in a pass. */
  private static final class LossOnly extends ComputationGraph {
    private static final long serialVersionUID = 1L;

    LossOnly(ComputationGraphConfiguration conf) {
      super(conf);
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

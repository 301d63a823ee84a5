/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.StepFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** A {@link MultiLayerNetwork} as the training step needs it. */
final class SequentialNetwork implements Network {

  private final LossOnly net;
  private final MultiLayerUpdater updater;
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
  SequentialNetwork(MultiLayerConfiguration conf, INDArray parameters, INDArray updaterState) {
    net = new LossOnly(conf);
    net.init(parameters, true);
    net.initGradientsView();
    LayerHelpers.mend(net);
    updater = (MultiLayerUpdater) net.getUpdater(true);
    if (updaterState != null) {
      updater.setStateViewArray(updaterState);
    }
    List<NetworkUpdater.Part> parts = parts(net);
    ranges = NetworkUpdater.ranges(parts);
    gradient = NetworkUpdater.gradientViews(parts, net.getFlattenedGradients());
    stepFunction = NetworkUpdater.stepFunction(net.conf());
    guard = InputGuard.of(net);
    weighted = new WeightedLosses(List.of(net.getOutputLayer().conf().getLayer()));
  }

  private static List<NetworkUpdater.Part> parts(MultiLayerNetwork net) {
    List<NetworkUpdater.Part> parts = new ArrayList<>();
    Layer[] layers = net.getLayers();
    for (int i = 0; i < layers.length; i++) {
      String given = layers[i].conf().getLayer().getLayerName();
      String name = given == null ? "layer" + i : given;
      parts.add(new NetworkUpdater.Part(String.valueOf(i), name, layers[i]));
    }
    return parts;
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
    net.setInput(batch.getFeatures(0));
    net.setLabels(batch.getLabels(0));
    INDArray inputMask = batch.getFeaturesMaskArray(0);
    INDArray labelMask = batch.getLabelsMaskArray(0);
    boolean masked = inputMask != null || labelMask != null;
    if (masked) {
      net.setLayerMaskArrays(inputMask, labelMask);
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
    // Not clear(), which would throw away the updater too.
    net.clearLayerMaskArrays();
    net.clearLayersStates();
    net.setInput(null);
    net.setLabels(null);
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
    updater.update(net, gradient, iteration(), epoch(), examples, LayerWorkspaceMgr.noWorkspaces());
    NetworkUpdater.step(stepFunction, parameters(), gradient);
    iteration(iteration() + 1);
    net.applyConstraints(iteration(), epoch());
  }

  @Override
  public int iteration() {
    return net.getIterationCount();
  }

  @Override
  public void iteration(int iteration) {
    net.setIterationCount(iteration);
  }

  @Override
  public int epoch() {
    return net.getEpochCount();
  }

  @Override
  public void epoch(int epoch) {
    net.setEpochCount(epoch);
  }

  @Override
  public INDArray[] output(MultiDataSet batch) {
    INDArray inputMask = batch.getFeaturesMaskArray(0);
    // Without the labels' mask, by which DL4J would multiply outputs.
    return new INDArray[] {net.output(guard.inputs(batch)[0], false, inputMask, null)};
  }

  @Override
  public double loss(MultiDataSet batch) {
    DataSet pair =
        new DataSet(
            guard.inputs(batch)[0],
            batch.getLabels(0),
            batch.getFeaturesMaskArray(0),
            batch.getLabelsMaskArray(0));
    return weighted.during(
        ExampleWeights.of(batch), () -> net.score(pair, false) * pair.getFeatures().size(0));
  }

  @Override
  public double learningRate() {
    for (int i = 0; i < net.getnLayers(); i++) {
      Double rate = net.getLearningRate(i);
      if (rate != null) {
        return rate;
      }
    }
    return Double.NaN;
  }

  /**
   * Leaves the regularisation score out of each pass: a pass over all weights that changes no
   * gradient, 17-30 % of a small micro-batch. {@link Network#regularizationScore()} computes it
   * once an update.
   */
  @SuppressWarnings("overrides") // doEvaluation differs between DL4J's own class and interface.
  private static final class LossOnly extends MultiLayerNetwork {
    private static final long serialVersionUID = 1L;

    LossOnly(MultiLayerConfiguration conf) {
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

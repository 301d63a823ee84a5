/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.updater.GroupSteps;
import io.cairn.replica.updater.PlainModel;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.layers.recurrent.TimeDistributedLayer;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.StepFunction;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * The common part of Deeplearning4j's sequential and graph networks as {@link Network}s. It
 * separates the raw gradient from DL4J's updater, and the loss from the regularisation score.
 * Subclasses say where their DL4J class keeps things.
 *
 * <p>Threading: as {@link Network}.
 */
abstract sealed class Dl4jNetwork implements Network permits SequentialNetwork, GraphNetwork {

  private final Model net;
  private final BaseMultiLayerUpdater<?> updater;
  private final List<ParameterRange> ranges;
  private final Gradient gradient;
  private final List<INDArray> gradientStatistics;
  private final StepFunction stepFunction;
  private final InputGuard guard;
  private final WeightedLosses weighted;
  private final Parameters owned;
  private final GroupSteps groups;
  private final List<INDArray> frozenSteps;

  /** Whose the parameters are. */
  enum Parameters {
    /** The network's own. */
    OWN,
    /** Another network's. */
    SHARED
  }

  /**
   * @param net initialised, with an array for gradients, its layers mended
   * @param updater its own
   * @param parts its layers with parameters, in DL4J's flattening order
   * @param first its layers that inputs go into
   * @param outputs its output layers
   * @param updaterState flat state to go on from, copied; null for a fresh one
   * @param owned whether the network frees its parameters
   */
  Dl4jNetwork(
      Model net,
      BaseMultiLayerUpdater<?> updater,
      List<NetworkUpdater.Part> parts,
      List<Layer> first,
      List<Layer> outputs,
      INDArray updaterState,
      Parameters owned) {
    this.owned = owned;
    this.net = net;
    this.updater = updater;
    if (updaterState != null) {
      updater.setStateViewArray(updaterState);
    }
    ranges = NetworkUpdater.ranges(parts);
    gradient = NetworkUpdater.gradientViews(parts, net.getGradientsViewArray());
    gradientStatistics = GradientAccumulator.views(gradient(), ranges);
    stepFunction = NetworkUpdater.stepFunction(net.conf());
    guard = new InputGuard(first);
    weighted = new WeightedLosses(outputs);
    frozenSteps = NetworkUpdater.frozenOnTheWay(parts, gradient());
    groups = GroupSteps.of(updater.getUpdaterBlocks(), parameters(), gradient());
  }

  /** The DL4J model itself. */
  Model model() {
    return net;
  }

  /** What of the updater's state belongs to which parameters. */
  List<UpdaterBlock> updaterBlocks() {
    return updater.getUpdaterBlocks();
  }

  /**
   * Gives a fresh updater's state other first values than ND4J's.
   *
   * @param start the state of the parameters that share an updater is cut into as many equal parts,
   *     each filled with its number; empty leaves all as it is
   */
  void startUpdater(List<Double> start) {
    NetworkUpdater.start(updaterBlocks(), start, any -> true);
  }

  /** Its configuration, the very object. */
  abstract ModelConfiguration configuration();

  /** DL4J's configuration of it. */
  final String configurationJson() {
    return configuration().json();
  }

  /**
   * What each layer and vertex makes of inputs, by their names and in their order; the inputs
   * themselves are left out.
   */
  abstract Map<String, INDArray> activations(INDArray[] inputs);

  /** The configurations of its layers by the names that {@link #activations(INDArray[])} has. */
  abstract Map<String, Layer> configurations();

  /** Its layers as they compute. */
  abstract org.deeplearning4j.nn.api.Layer[] layers();

  /** Hands the network a batch for a pass: inputs, labels and, where it has some, masks. */
  abstract void bind(MultiDataSet batch);

  /** Takes masks away again. */
  abstract void clearMasks();

  /** Forgets what recurrent layers remember. */
  abstract void clearStates();

  /** Forgets inputs and labels, and keeps the updater. */
  abstract void clearInputs();

  /** DL4J's loss at inference: a mean over the batch, with the regularisation left out. */
  abstract double meanLoss(INDArray[] inputs, MultiDataSet batch);

  /** DL4J's outputs at inference, without the labels' masks, by which it would multiply them. */
  abstract INDArray[] output(INDArray[] inputs, INDArray[] inputMasks);

  @Override
  public INDArray parameters() {
    return NetworkUpdater.flat(net.params());
  }

  @Override
  public INDArray gradient() {
    return NetworkUpdater.flat(net.getGradientsViewArray());
  }

  @Override
  public List<INDArray> gradientStatistics() {
    return gradientStatistics;
  }

  @Override
  public INDArray updaterState() {
    return updater.getStateViewArray();
  }

  @Override
  public List<UpdaterRange> updaterRanges() {
    return updaterState() == null ? List.of() : UpdaterRange.of(updater);
  }

  /** What its layers make of the inputs that are bound, by name, in their order. */
  abstract Map<String, INDArray> boundActivations(Phase phase);

  @Override
  public Map<String, INDArray> activations(MultiDataSet batch, Phase phase) {
    bind(batch);
    Map<String, INDArray> made = boundActivations(phase);
    forgetPasses();
    return made;
  }

  @Override
  public List<ParameterRange> ranges() {
    return ranges;
  }

  @Override
  public double backpropagate(MultiDataSet batch) {
    bind(batch);
    double lossSum =
        weighted.during(
            ExampleWeights.of(batch),
            () -> {
              net.computeGradientAndScore(LayerWorkspaceMgr.noWorkspaces());
              return net.score() * batch.getFeatures(0).size(0);
            });
    if (batch.hasMaskArrays()) {
      clearMasks();
    }
    clearStates();
    return lossSum;
  }

  @Override
  public void forgetPasses() {
    clearMasks();
    clearStates();
    clearInputs();
    Arrays.stream(layers())
        .filter(FrugalDense.class::isInstance)
        .forEach(org.deeplearning4j.nn.api.Layer::clear);
  }

  @Override
  public boolean dividesByExamples() {
    return net.conf().isMiniBatch();
  }

  @Override
  public boolean countsTerms() {
    return false;
  }

  @Override
  public double terms(MultiDataSet batch) {
    return ExampleWeights.of(batch).sum();
  }

  @Override
  public long heldBytes() {
    return OffHeapMemory.workspaceBytes();
  }

  @Override
  public void update(int examples) {
    updater.update(gradient, iteration(), epoch(), examples, LayerWorkspaceMgr.noWorkspaces());
    groups.finish(iteration(), epoch());
    // Deeplearning4j applies penalties to these.
    frozenSteps.forEach(step -> step.assign(0));
    NetworkUpdater.step(stepFunction, parameters(), gradient);
    iteration(iteration() + 1);
    net.applyConstraints(iteration(), epoch());
  }

  /** As {@link #activations(INDArray[])}, with the masks of the batch. */
  Map<String, INDArray> activations(MultiDataSet batch) {
    INDArray[] inputs = guard.inputs(batch);
    bind(batch);
    try {
      return activations(inputs);
    } finally {
      if (batch.hasMaskArrays()) {
        clearMasks();
      }
    }
  }

  @Override
  public INDArray[] output(MultiDataSet batch) {
    return output(guard.inputs(batch), batch.getFeaturesMaskArrays());
  }

  @Override
  public double loss(MultiDataSet batch) {
    INDArray[] inputs = guard.inputs(batch);
    return weighted.during(
        ExampleWeights.of(batch), () -> meanLoss(inputs, batch) * inputs[0].size(0));
  }

  /** Deeplearning4j hands these a mask in another order than their examples. */
  @Override
  public List<String> layersWrongWithMasks() {
    return Arrays.stream(layers())
        .filter(TimeDistributedLayer.class::isInstance)
        .map(layer -> String.valueOf(layer.conf().getLayer().getLayerName()))
        .toList();
  }

  /** An ordinary DL4J archive, with ND4J's own updaters alone. */
  @Override
  public void write(OutputStream file) throws IOException {
    if (PlainModel.isNeeded(configuration())) {
      PlainModel.write(
          ModelConfiguration.parse("the model for its file", configurationJson()),
          parameters(),
          updaterBlocks(),
          iteration(),
          epoch(),
          file);
    } else {
      ModelSerializer.writeModel(net, file, true);
    }
  }

  @Override
  public void writeForWorkers(OutputStream file) throws IOException {
    ModelSerializer.writeModel(net, file, true);
  }

  @Override
  public void writeForScoring(OutputStream file) throws IOException {
    ModelSerializer.writeModel(net, file, false);
  }

  @Override
  public double learningRate() {
    for (UpdaterBlock block : updaterBlocks()) {
      IUpdater of = NetworkUpdater.updater(block);
      boolean isTrained =
          !(block.getLayersAndVariablesInBlock().get(0).getLayer()
                  instanceof FrozenLayerWithBackprop)
              && !block.isPretrainUpdaterBlock();
      if (isTrained && of.hasLearningRate()) {
        double rate = of.getLearningRate(iteration(), epoch());
        if (!Double.isNaN(rate)) {
          return rate;
        }
      }
    }
    return Double.NaN;
  }

  @Override
  public Map<String, Double> learningRates() {
    return groups.rates(iteration(), epoch());
  }

  @Override
  public ModelKind kind() {
    return new Dl4jKind(this);
  }

  @Override
  public QuietCopies quietCopies() {
    return new QuietCopy(this);
  }

  @Override
  public PassNetwork sibling() {
    JsonNode tree = ConfigurationTree.of(this);
    ConfigurationTree.removeUpdaters(tree);
    return ModelConfiguration.parse("the model's copy for a thread", tree.toString())
        .sharing(parameters());
  }

  @Override
  public void removeHelpers() {
    LayerHelpers.remove(net);
  }

  @Override
  public void release() {
    if (owned == Parameters.OWN) {
      close(net.params());
    }
    close(net.getGradientsViewArray());
  }

  /** Frees an array that is no view. */
  static void close(INDArray array) {
    if (array.closeable()) {
      array.close();
    }
  }
}

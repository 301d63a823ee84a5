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
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** A {@link MultiLayerNetwork} as the training step needs it. */
final class SequentialNetwork extends Dl4jNetwork {

  private final LossOnly net;

  /**
   * @param conf taken over, not copied
   * @param parameters flat initial parameters, copied; null to initialise them from the
   *     configuration's seed
   * @param updaterState flat state to go on from, copied; null for a fresh one
   */
  SequentialNetwork(MultiLayerConfiguration conf, INDArray parameters, INDArray updaterState) {
    this(LossOnly.initialised(conf, parameters, Parameters.OWN), updaterState, Parameters.OWN);
  }

  private SequentialNetwork(LossOnly net, INDArray updaterState, Parameters owned) {
    super(
        net,
        (MultiLayerUpdater) net.getUpdater(true),
        parts(net),
        List.of(net.getLayer(0).conf().getLayer()),
        List.of(net.getOutputLayer().conf().getLayer()),
        updaterState,
        owned);
    this.net = net;
  }

  /**
   * A network that computes passes with the parameters of another.
   *
   * @param conf taken over, not copied; with updaters that keep nothing
   * @param parameters used as they are
   */
  static SequentialNetwork sharing(MultiLayerConfiguration conf, INDArray parameters) {
    return new SequentialNetwork(
        LossOnly.initialised(conf, parameters, Parameters.SHARED), null, Parameters.SHARED);
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
  ModelConfiguration configuration() {
    return new ModelConfiguration.Sequential(net.getLayerWiseConfigurations());
  }

  @Override
  Map<String, INDArray> activations(INDArray[] inputs) {
    List<INDArray> each = net.feedForward(inputs[0], false);
    Map<String, INDArray> named = new LinkedHashMap<>();
    for (NetworkUpdater.Part part : parts(net)) {
      // The input comes first.
      named.put(part.name(), each.get(named.size() + 1));
    }
    return named;
  }

  @Override
  Map<String, org.deeplearning4j.nn.conf.layers.Layer> configurations() {
    Map<String, org.deeplearning4j.nn.conf.layers.Layer> named = new LinkedHashMap<>();
    for (NetworkUpdater.Part part : parts(net)) {
      // A layer around another would answer with that one's configuration.
      named.put(part.name(), net.getLayerWiseConfigurations().getConf(named.size()).getLayer());
    }
    return named;
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
    net.setInput(batch.getFeatures(0));
    net.setLabels(batch.getLabels(0));
    if (batch.hasMaskArrays()) {
      net.setLayerMaskArrays(batch.getFeaturesMaskArray(0), batch.getLabelsMaskArray(0));
    }
  }

  @Override
  Map<String, INDArray> boundActivations(Phase phase) {
    List<INDArray> made = net.feedForward(phase == Phase.TRAINING);
    List<NetworkUpdater.Part> layers = parts(net);
    Map<String, INDArray> byName = new LinkedHashMap<>();
    for (int i = 0; i < layers.size(); i++) {
      byName.put(layers.get(i).name(), made.get(i + 1)); // the first is the input
    }
    return byName;
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
    // Not clear(), which would throw away the updater too.
    net.setInput(null);
    net.setLabels(null);
  }

  @Override
  double meanLoss(INDArray[] inputs, MultiDataSet batch) {
    DataSet pair =
        new DataSet(
            inputs[0],
            batch.getLabels(0),
            batch.getFeaturesMaskArray(0),
            batch.getLabelsMaskArray(0));
    return net.score(pair, false);
  }

  @Override
  INDArray[] output(INDArray[] inputs, INDArray[] inputMasks) {
    INDArray mask = inputMasks == null ? null : inputMasks[0];
    return new INDArray[] {net.output(inputs[0], false, mask, null)};
  }

  @Override
  public double regularizationScore() {
    return net.fullRegularizationScore();
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

  /**
   * Leaves the regularisation score out of each pass: a pass over all weights that changes no
   * gradient, 17-30 % of a small micro-batch. {@link Network#regularizationScore()} computes it
   * once an update.
   */
  @SuppressWarnings("overrides") // doEvaluation differs between DL4J's own class and interface.
  private static final class LossOnly extends MultiLayerNetwork {
    private static final long serialVersionUID = 1L;

    private LossOnly(MultiLayerConfiguration conf) {
      super(conf);
    }

    static LossOnly initialised(
        MultiLayerConfiguration conf, INDArray parameters, Parameters owned) {
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

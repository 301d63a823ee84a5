/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphPasses;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A network that only computes outputs: no gradients, no updater. At inference Deeplearning4j's
 * layers only read their parameters, so that several such networks may share them; all else that a
 * pass leaves in a layer is the network's own.
 *
 * <p>Threading: one thread at a time.
 */
sealed interface ScoringNetwork {

  /**
   * A sequential network.
   *
   * @param conf taken over, not copied
   * @param parameters used as they are
   */
  static ScoringNetwork sequential(MultiLayerConfiguration conf, INDArray parameters) {
    MultiLayerNetwork net = new MultiLayerNetwork(conf);
    net.init(parameters, false);
    LayerHelpers.mend(net);
    return new OfLayers(net, new InputGuard(List.of(net.getLayer(0).conf().getLayer())));
  }

  /** A graph in the same way. */
  static ScoringNetwork graph(ComputationGraphConfiguration conf, INDArray parameters) {
    ComputationGraph net = new ComputationGraph(conf);
    net.init(parameters, false);
    LayerHelpers.mend(net);
    return new OfGraph(net, new InputGuard(GraphNetwork.first(net)));
  }

  /** What the model is. */
  ModelSignature signature();

  /** Outputs of a batch, one array an output; detached from any workspace. */
  INDArray[] output(MultiDataSet batch);

  /** Lets go of what passes have left. */
  void forgetPasses();

  /**
   * A SameDiff graph in the same way.
   *
   * @param model ownership passes
   * @param parameters used as they are
   */
  static ScoringNetwork sameDiff(GraphModel model, INDArray parameters) {
    model.bind(parameters);
    return new OfSameDiff(model, new GraphPasses(model, null));
  }

  /** A SameDiff graph. */
  record OfSameDiff(GraphModel model, GraphPasses passes) implements ScoringNetwork {

    @Override
    public ModelSignature signature() {
      return SameDiffSignature.of(model.roles());
    }

    @Override
    public INDArray[] output(MultiDataSet batch) {
      return passes.output(batch);
    }

    @Override
    public void forgetPasses() {
      passes.forget();
    }
  }

  /** A sequential one. */
  record OfLayers(MultiLayerNetwork model, InputGuard guard) implements ScoringNetwork {

    @Override
    public ModelSignature signature() {
      return ModelSignature.of(model);
    }

    @Override
    public INDArray[] output(MultiDataSet batch) {
      INDArray mask = batch.getFeaturesMaskArrays() == null ? null : batch.getFeaturesMaskArray(0);
      return new INDArray[] {model.output(guard.inputs(batch)[0], false, mask, null)};
    }

    @Override
    public void forgetPasses() {
      model.clearLayerMaskArrays();
      model.clear();
    }
  }

  /** A graph. */
  record OfGraph(ComputationGraph model, InputGuard guard) implements ScoringNetwork {

    @Override
    public ModelSignature signature() {
      return ModelSignature.of(model);
    }

    @Override
    public INDArray[] output(MultiDataSet batch) {
      return model.output(false, guard.inputs(batch), batch.getFeaturesMaskArrays(), null);
    }

    @Override
    public void forgetPasses() {
      model.clearLayerMaskArrays();
      model.clear();
    }
  }
}

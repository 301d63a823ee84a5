/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.deeplearning4j.util.ModelSerializer;

/**
 * The network that a wrapper of Deeplearning4j's on Spark holds: fitted in place, so that who has
 * made it sees it trained.
 *
 * <p>Threading: the driver's thread.
 */
sealed interface WrappedNetwork {

  /** The context that the wrapper works with. */
  JavaSparkContext context();

  /** The network itself. */
  Model network();

  /** What tells networks with other layers apart. */
  String configuration();

  /** Updates that the network has had. */
  int iteration();

  /** Epochs that the network has had. */
  int epoch();

  /** The network's own listeners. */
  Collection<TrainingListener> listeners();

  /**
   * Takes over parameters, updater state and iteration count. The epoch is counted by the wrapper,
   * when it has been told that the fit is over.
   *
   * @param trained of the same configuration
   * @param loss of the last update
   */
  void take(Model trained, double loss);

  /** A network of the same configuration, without parameters, that has a score. */
  Model hollow();

  /** The network's file, updater included. */
  default byte[] file() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ModelSerializer.writeModel(network(), out, true);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return out.toByteArray();
  }

  /** A sequential one. */
  record Sequential(SparkDl4jMultiLayer wrapper) implements WrappedNetwork {
    @Override
    public JavaSparkContext context() {
      return wrapper.getSparkContext();
    }

    @Override
    public MultiLayerNetwork network() {
      return wrapper.getNetwork();
    }

    @Override
    public String configuration() {
      return network().getLayerWiseConfigurations().toJson();
    }

    @Override
    public int iteration() {
      return network().getIterationCount();
    }

    @Override
    public int epoch() {
      return network().getEpochCount();
    }

    @Override
    public Collection<TrainingListener> listeners() {
      return network().getListeners();
    }

    @Override
    public void take(Model trained, double loss) {
      MultiLayerNetwork source = (MultiLayerNetwork) trained;
      network().setParams(source.params());
      network()
          .getUpdater()
          .setStateViewArray(network(), source.getUpdater().getStateViewArray(), false);
      network().setIterationCount(source.getIterationCount());
      network().setScore(loss);
      wrapper.setScore(loss);
    }

    @Override
    public Model hollow() {
      return new MultiLayerNetwork(network().getLayerWiseConfigurations().clone());
    }
  }

  /** A graph. */
  record Graph(SparkComputationGraph wrapper) implements WrappedNetwork {
    @Override
    public JavaSparkContext context() {
      return wrapper.getSparkContext();
    }

    @Override
    public ComputationGraph network() {
      return wrapper.getNetwork();
    }

    @Override
    public String configuration() {
      return network().getConfiguration().toJson();
    }

    @Override
    public int iteration() {
      return network().getIterationCount();
    }

    @Override
    public int epoch() {
      return network().getEpochCount();
    }

    @Override
    public Collection<TrainingListener> listeners() {
      List<TrainingListener> all = new ArrayList<>();
      network().getListeners().forEach(all::add);
      return all;
    }

    @Override
    public void take(Model trained, double loss) {
      ComputationGraph source = (ComputationGraph) trained;
      network().setParams(source.params());
      network().getUpdater().setStateViewArray(source.getUpdater().getStateViewArray());
      network().getConfiguration().setIterationCount(source.getIterationCount());
      network().setScore(loss);
      wrapper.setScore(loss);
    }

    @Override
    public Model hollow() {
      return new ComputationGraph(network().getConfiguration().clone());
    }
  }
}

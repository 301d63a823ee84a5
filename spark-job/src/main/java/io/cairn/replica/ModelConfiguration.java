/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.util.List;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * A DL4J configuration, sequential or graph, before any array is allocated for it.
 *
 * <p>Threading: not shared.
 *
 * <p>Failure: {@link ModelException} for JSON that is no configuration, or one that cannot be
 * trained exactly.
 */
public sealed interface ModelConfiguration {

  /** A sequential network's configuration. */
  record Sequential(MultiLayerConfiguration conf) implements ModelConfiguration {

    @Override
    public long parameterCount() {
      return layers().stream().mapToLong(it -> it.getLayer().initializer().numParams(it)).sum();
    }

    @Override
    public List<NeuralNetConfiguration> layers() {
      return conf.getConfs();
    }

    @Override
    public BackpropType backpropType() {
      return conf.getBackpropType();
    }

    @Override
    public void refuseWrongLayers(String name) {
      WrongLayers.refuse(name, conf);
    }

    @Override
    public void seed(long seed) {
      layers().forEach(layer -> layer.setSeed(seed));
    }

    @Override
    public void startCounting() {
      conf.setIterationCount(0);
      conf.setEpochCount(0);
    }

    @Override
    public String json() {
      return conf.toJson();
    }

    @Override
    public Dl4jNetwork network(INDArray parameters, INDArray updaterState) {
      ModelLimits.require(this);
      return new SequentialNetwork(conf, parameters, updaterState);
    }

    @Override
    public Dl4jNetwork sharing(INDArray parameters) {
      return SequentialNetwork.sharing(conf, parameters);
    }

    @Override
    public ScoringNetwork scoring(INDArray parameters) {
      return ScoringNetwork.sequential(conf.clone(), parameters);
    }
  }

  /** A graph's configuration. */
  record Graph(ComputationGraphConfiguration conf) implements ModelConfiguration {

    @Override
    public long parameterCount() {
      return conf.getVertices().values().stream().mapToLong(it -> it.numParams(true)).sum();
    }

    @Override
    public List<NeuralNetConfiguration> layers() {
      return conf.getVertices().values().stream()
          .filter(LayerVertex.class::isInstance)
          .map((GraphVertex vertex) -> ((LayerVertex) vertex).getLayerConf())
          .toList();
    }

    @Override
    public BackpropType backpropType() {
      return conf.getBackpropType();
    }

    @Override
    public void refuseWrongLayers(String name) {
      WrongLayers.refuse(name, conf);
    }

    @Override
    public void seed(long seed) {
      layers().forEach(layer -> layer.setSeed(seed));
      conf.getDefaultConfiguration().setSeed(seed);
    }

    @Override
    public void startCounting() {
      conf.setIterationCount(0);
      conf.setEpochCount(0);
    }

    @Override
    public String json() {
      return conf.toJson();
    }

    @Override
    public Dl4jNetwork network(INDArray parameters, INDArray updaterState) {
      ModelLimits.require(this);
      return new GraphNetwork(conf, parameters, updaterState);
    }

    @Override
    public Dl4jNetwork sharing(INDArray parameters) {
      return GraphNetwork.sharing(conf, parameters);
    }

    @Override
    public ScoringNetwork scoring(INDArray parameters) {
      return ScoringNetwork.graph(conf.clone(), parameters);
    }
  }

  /**
   * Parses DL4J's JSON and refuses what cannot be trained exactly.
   *
   * @param name what to call it in errors
   */
  static ModelConfiguration parse(String name, String json) {
    JsonNode tree;
    try {
      tree = new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new ModelException(name + " is not JSON: " + firstLine(e), e);
    }
    ModelConfiguration configuration;
    try {
      if (tree.has("confs")) {
        configuration = new Sequential(MultiLayerConfiguration.fromJson(json));
      } else if (tree.has("vertices")) {
        configuration = new Graph(ComputationGraphConfiguration.fromJson(json));
      } else {
        throw new ModelException(
            name
                + " is not a DL4J configuration: a sequential one has \"confs\", a graph"
                + " \"vertices\"");
      }
    } catch (ModelException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new ModelException(name + " is not a configuration DL4J can read: " + firstLine(e), e);
    }
    configuration.check(name);
    return configuration;
  }

  /** The first line of what a library said, which is the one a person can use. */
  static String firstLine(Throwable error) {
    String text = error.getMessage() == null ? error.toString() : error.getMessage();
    return text.lines().findFirst().orElse(text);
  }

  /** Number of parameters, computed without allocating them. */
  long parameterCount();

  /** The configurations of its layers. */
  List<NeuralNetConfiguration> layers();

  /** Whether it updates inside a sequence. */
  BackpropType backpropType();

  /** Refuses a model with a layer whose gradient Deeplearning4j computes wrongly. */
  void refuseWrongLayers(String name);

  /** Takes it for one that has made no update, in no epoch. */
  void startCounting();

  /** Deeplearning4j's JSON of it. */
  String json();

  /** Makes the run's seed the one that initial parameters are drawn from. */
  void seed(long seed);

  /**
   * A network of this configuration.
   *
   * @param parameters flat, shape [P], copied; null to draw them from the seed
   * @param updaterState flat, copied; null for a fresh one
   * @throws ModelException if it is larger than Deeplearning4j can count
   */
  Dl4jNetwork network(INDArray parameters, INDArray updaterState);

  /**
   * A network of this configuration, whose updaters keep nothing, for passes with the parameters of
   * another.
   *
   * @param parameters flat, shape [P]; used as they are
   */
  Dl4jNetwork sharing(INDArray parameters);

  /**
   * A network of this configuration that only computes outputs.
   *
   * @param parameters flat, shape [P]; used as they are, so that several networks may share them
   */
  ScoringNetwork scoring(INDArray parameters);

  private void check(String name) {
    if (backpropType() != BackpropType.Standard) {
      throw new ModelException(
          name
              + " uses "
              + backpropType()
              + ", which updates inside a sequence; only backpropagation type Standard gives the"
              + " result of one big batch");
    }
    refuseWrongLayers(name);
    for (NeuralNetConfiguration layer : layers()) {
      OptimizationAlgorithm algorithm = layer.getOptimizationAlgo();
      if (algorithm != null && algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
        throw new ModelException(
            name
                + " uses the optimization algorithm "
                + algorithm
                + ", which evaluates the loss more than once an update; only"
                + " STOCHASTIC_GRADIENT_DESCENT (with any updater) can be summed over workers");
      }
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
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
 * A DL4J configuration, sequential or graph, before any array is made of it.
 *
 * <p>Threading: not shared.
 *
 * <p>Failure: {@link ModelException} for JSON that is no configuration, or one that cannot be
 * trained exactly.
 */
public sealed interface ModelConfiguration {

  /** A sequential network's configuration. */
  record Sequential(MultiLayerConfiguration conf) implements ModelConfiguration {}

  /** A graph's configuration. */
  record Graph(ComputationGraphConfiguration conf) implements ModelConfiguration {}

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
  default long parameterCount() {
    if (this instanceof Sequential sequential) {
      return sequential.conf().getConfs().stream()
          .mapToLong(conf -> conf.getLayer().initializer().numParams(conf))
          .sum();
    }
    return ((Graph) this)
        .conf().getVertices().values().stream().mapToLong(vertex -> vertex.numParams(true)).sum();
  }

  /** Makes the run's seed the one that initial parameters are drawn from. */
  default void seed(long seed) {
    Consumer<NeuralNetConfiguration> set = conf -> conf.setSeed(seed);
    layers().forEach(set);
    if (this instanceof Graph graph) {
      set.accept(graph.conf().getDefaultConfiguration());
    }
  }

  private List<NeuralNetConfiguration> layers() {
    if (this instanceof Sequential sequential) {
      return sequential.conf().getConfs();
    }
    return ((Graph) this)
        .conf().getVertices().values().stream()
            .filter(LayerVertex.class::isInstance)
            .map((GraphVertex vertex) -> ((LayerVertex) vertex).getLayerConf())
            .toList();
  }

  private void check(String name) {
    BackpropType backprop =
        this instanceof Sequential sequential
            ? sequential.conf().getBackpropType()
            : ((Graph) this).conf().getBackpropType();
    if (backprop != BackpropType.Standard) {
      throw new ModelException(
          name
              + " uses "
              + backprop
              + ", which updates inside a sequence; only backpropagation type Standard gives the"
              + " result of one big batch");
    }
    WrongLayers.refuse(name, this);
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

  /**
   * A network of this configuration.
   *
   * @param parameters flat, copied; null to draw them from the seed
   * @param updaterState flat, copied; null for a fresh one
   */
  default Network network(INDArray parameters, INDArray updaterState) {
    return this instanceof Sequential sequential
        ? new SequentialNetwork(sequential.conf(), parameters, updaterState)
        : new GraphNetwork(((Graph) this).conf(), parameters, updaterState);
  }
}

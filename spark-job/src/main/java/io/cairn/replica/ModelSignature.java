/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * What a model expects as inputs and labels. It is read from the network itself, before any data is
 * read.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param inputs in the model's order
 * @param outputs in the model's order
 */
public record ModelSignature(List<Input> inputs, List<Output> outputs) {

  /** Where the time steps of a sequence stand. */
  public sealed interface Steps {
    /** {@code [examples, channels, steps]}, NCW. */
    record Last() implements Steps {}

    /** {@code [examples, steps, channels]}, NWC. */
    record First() implements Steps {}

    /**
     * The network does not say, or says both.
     *
     * @param why for the operator
     */
    record Undecided(String why) implements Steps {
      public Undecided {
        Objects.requireNonNull(why, "why");
      }
    }
  }

  /**
   * One input.
   *
   * @param name as the model calls it; of a sequential one its first layer
   * @param steps where the time steps stand, if it is a sequence
   */
  public record Input(String name, Steps steps) {}

  /** What the labels of an output are. */
  public enum Labels {
    /** A column for each class: most losses over classes, and many others. */
    ONE_HOT,
    /** One column with the index of the class: a sparse cross entropy. */
    CLASS_INDEX,
    /** One column, 0 or 1: a single unit whose value is a probability. */
    BINARY,
    /** One column for each unit, whatever they mean; there is no form for a class. */
    VALUES,
    /** What only the loss itself knows: labels have another shape than the output. */
    BY_LOSS_ALONE
  }

  /** How good an output is told by. */
  public enum Measure {
    /** A cross entropy over classes, whose units are their probabilities. */
    CLASSES,
    /** Each unit is the probability of a label of its own. */
    PROBABILITIES,
    /** How far values are off. */
    VALUES,
    /** Nothing but the loss. */
    LOSS_ALONE
  }

  /**
   * One output.
   *
   * @param name as the model calls it
   * @param labels what its labels are, where they are classes
   * @param measure what it is measured by, where labels are values
   * @param units columns of the output; 0 where that is not known
   * @param steps where the time steps stand, if it is a sequence
   * @param loss the name of its loss, for the operator
   * @param unweighted why examples cannot be weighted in it; empty if they can
   */
  public record Output(
      String name,
      Labels labels,
      Measure measure,
      long units,
      Steps steps,
      String loss,
      String unweighted) {}

  public ModelSignature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  static ModelSignature of(MultiLayerNetwork net) {
    List<TimeStepOrder.Link> chain = new ArrayList<>();
    for (int i = 0; i < net.getnLayers(); i++) {
      String given = net.getLayer(i).conf().getLayer().getLayerName();
      chain.add(
          new TimeStepOrder.Link(
              given == null ? "layer" + i : given,
              net.getLayer(i).conf().getLayer(),
              net.getLayerWiseConfigurations().getInputPreProcess(i)));
    }
    List<Layer> backwards = new ArrayList<>(chain.stream().map(TimeStepOrder.Link::layer).toList());
    Collections.reverse(backwards);
    String name = chain.get(chain.size() - 1).name();
    return new ModelSignature(
        List.of(new Input(chain.get(0).name(), TimeStepOrder.ofChain(chain))),
        List.of(OutputKinds.of(name, backwards)));
  }

  static ModelSignature of(ComputationGraph net) {
    ComputationGraphConfiguration conf = net.getConfiguration();
    List<Input> inputs =
        conf.getNetworkInputs().stream()
            .map(name -> new Input(name, TimeStepOrder.ofGraphInput(conf, name)))
            .toList();
    List<Output> outputs =
        conf.getNetworkOutputs().stream()
            .map(name -> OutputKinds.of(name, backwards(conf, name)))
            .toList();
    return new ModelSignature(inputs, outputs);
  }

  /** The output layer and the layers before it, as far as each has one input. */
  private static List<Layer> backwards(ComputationGraphConfiguration conf, String output) {
    List<Layer> chain = new ArrayList<>();
    String at = output;
    while (at != null && conf.getVertices().get(at) instanceof LayerVertex vertex) {
      chain.add(vertex.getLayerConf().getLayer());
      List<String> before = conf.getVertexInputs().get(at);
      at = before.size() == 1 ? before.get(0) : null;
    }
    if (chain.isEmpty()) {
      throw new ModelException(
          "output " + output + " is no layer, and so has no loss to train with");
    }
    return chain;
  }
}

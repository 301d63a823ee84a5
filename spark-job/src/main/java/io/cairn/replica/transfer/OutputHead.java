/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.transfer;

import io.cairn.replica.ModelConfiguration;
import io.cairn.replica.ModelException;
import io.cairn.settings.Described;
import io.cairn.settings.OutputReplacement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossSparseMCXENT;

/**
 * The one output layer of a configuration, which is replaced by another: another number of classes
 * or values, another loss, other layers before it.
 *
 * <p>Threading: not shared.
 *
 * <p>Failure: {@link ModelException} for an output of another build.
 */
final class OutputHead {

  private final ModelConfiguration configuration;
  private final String model;
  private final String name;
  private final NeuralNetConfiguration conf;

  private OutputHead(
      ModelConfiguration configuration, String model, String name, NeuralNetConfiguration conf) {
    this.configuration = configuration;
    this.model = model;
    this.name = name;
    this.conf = conf;
  }

  static OutputHead of(ModelConfiguration configuration, String model) {
    List<LayerPlace> places = LayerPlace.of(configuration);
    LayerPlace output = places.get(places.size() - 1);
    if (configuration instanceof ModelConfiguration.Graph graph) {
      List<String> outputs = graph.conf().getNetworkOutputs();
      output =
          places.stream()
              .filter(place -> outputs.size() == 1 && outputs.contains(place.name()))
              .findFirst()
              .orElseThrow(
                  () ->
                      new ModelException(
                          "model.fine-tune.replace-output: %s has the outputs %s; one that is a layer can be replaced"
                              .formatted(model, outputs)));
    }
    Layer layer = output.layer();
    if (!(layer instanceof OutputLayer) && !(layer instanceof RnnOutputLayer)) {
      throw new ModelException(
          "model.fine-tune.replace-output: the output %s of %s is a %s; an OutputLayer or RnnOutputLayer can be replaced"
              .formatted(output.name(), model, layer.getClass().getSimpleName()));
    }
    return new OutputHead(configuration, model, output.name(), output.conf());
  }

  /** The output layer's name. */
  String name() {
    return name;
  }

  private BaseOutputLayer layer() {
    return (BaseOutputLayer) conf.getLayer();
  }

  /** Changes the output itself; returns what a user should know. */
  List<String> replaceBy(OutputReplacement output) {
    List<String> notes = new ArrayList<>();
    boolean ofClasses = isOfClasses(layer().getLossFn());
    if (output.units().isPresent() && output.loss().isEmpty() && ofClasses) {
      throw new ModelException(
          "model.fine-tune.replace-output.units = %d: the loss of %s (%s) is one of classes; say classes, or units with another loss such as mse"
              .formatted(output.units().getAsInt(), name, lossName()));
    }
    output.classes().ifPresent(classes -> layer().setNOut(classes));
    output.units().ifPresent(units -> layer().setNOut(units));
    Optional<OutputReplacement.Loss> loss = output.loss();
    if (loss.isEmpty() && output.classes().isPresent() && !ofClasses) {
      notes.add(
          "output %s has softmax and the loss mcxent instead of %s, which is none of classes"
              .formatted(name, lossName()));
      loss = Optional.of(OutputReplacement.Loss.MCXENT);
    } else if (loss.isEmpty()
        && layer().getLossFn() instanceof LossMCXENT own
        && own.getWeights() != null) {
      notes.add(
          "output %s has no class weights of its loss any more, which were for other classes"
              .formatted(name));
      loss = Optional.of(OutputReplacement.Loss.MCXENT);
    }
    if (loss.isPresent()) {
      layer().setLossFn(LossFunction.valueOf(loss.get().name()).getILossFunction());
      layer().setActivationFn(activation(loss.get()));
    }
    output
        .activation()
        .ifPresent(
            wanted ->
                layer().setActivationFn(Activation.valueOf(wanted.name()).getActivationFunction()));
    requireProbabilities();
    return notes;
  }

  private String lossName() {
    return layer().getLossFn().getClass().getSimpleName();
  }

  private static boolean isOfClasses(ILossFunction loss) {
    return loss instanceof LossMCXENT || loss instanceof LossSparseMCXENT;
  }

  private static IActivation activation(OutputReplacement.Loss loss) {
    Activation activation =
        switch (loss) {
          case MCXENT, SPARSE_MCXENT, NEGATIVELOGLIKELIHOOD -> Activation.SOFTMAX;
          case XENT -> Activation.SIGMOID;
          case POISSON -> Activation.SOFTPLUS;
          case HINGE -> Activation.TANH;
          case MSE, MEAN_ABSOLUTE_ERROR, L1, L2 -> Activation.IDENTITY;
        };
    return activation.getActivationFunction();
  }

  private void requireProbabilities() {
    boolean softmax = layer().getActivationFn() instanceof ActivationSoftmax;
    if (softmax && layer().getNOut() < 2) {
      throw new ModelException(
          "model.fine-tune.replace-output: softmax of one value is always 1; loss = xent has a sigmoid");
    }
    if (isOfClasses(layer().getLossFn()) && !softmax) {
      throw new ModelException(
          "model.fine-tune.replace-output.activation = %s: the loss %s needs softmax"
              .formatted(
                  layer().getActivationFn().toString().toLowerCase(Locale.ROOT), lossName()));
    }
  }

  /**
   * Puts layers between the output and what it reads.
   *
   * @param added a layer each
   * @return their names
   */
  List<String> putBefore(List<Described> added) {
    List<NeuralNetConfiguration> layers = new ArrayList<>();
    InputType type =
        layer() instanceof RnnOutputLayer
            ? InputType.recurrent(layer().getNIn())
            : InputType.feedForward(layer().getNIn());
    List<String> names = new ArrayList<>();
    for (int i = 0; i < added.size(); i++) {
      Layer layer = AddedLayer.read(added.get(i), i, layer());
      if (layer.getLayerName() == null) {
        layer.setLayerName("added" + (i + 1));
      }
      requireNew(layer.getLayerName(), names);
      try {
        layer.setNIn(type, true);
        type = layer.getOutputType(i, type);
      } catch (RuntimeException e) {
        throw new ModelException(
            "model.fine-tune.add[%d] (%s) cannot follow what comes before it: %s"
                .formatted(i, layer.getLayerName(), e.getMessage()),
            e);
      }
      names.add(layer.getLayerName());
      NeuralNetConfiguration of = conf.clone();
      of.setLayer(layer);
      of.clearVariables();
      layers.add(of);
    }
    layer().setNIn(type, true);
    insert(layers, names);
    return names;
  }

  private void requireNew(String added, List<String> before) {
    if (before.contains(added)
        || LayerPlace.of(configuration).stream().anyMatch(it -> it.name().equals(added))) {
      throw new ModelException(
          "model.fine-tune.add: %s has a layer %s already".formatted(model, added));
    }
  }

  private void insert(List<NeuralNetConfiguration> layers, List<String> names) {
    if (layers.isEmpty()) {
      return;
    }
    if (configuration instanceof ModelConfiguration.Sequential sequential) {
      // What comes before the output by its index now comes before the first of them.
      List<NeuralNetConfiguration> all = new ArrayList<>(sequential.conf().getConfs());
      all.addAll(all.size() - 1, layers);
      sequential.conf().setConfs(all);
    } else if (configuration instanceof ModelConfiguration.Graph graph) {
      insert(graph.conf(), layers, names);
    }
  }

  private void insert(
      ComputationGraphConfiguration graph,
      List<NeuralNetConfiguration> layers,
      List<String> names) {
    LayerVertex output = (LayerVertex) graph.getVertices().get(name);
    InputPreProcessor before = output.getPreProcessor();
    Map<String, List<String>> inputs = new LinkedHashMap<>(graph.getVertexInputs());
    List<String> from = inputs.get(name);
    for (int i = 0; i < layers.size(); i++) {
      graph.getVertices().put(names.get(i), new LayerVertex(layers.get(i), i == 0 ? before : null));
      inputs.put(names.get(i), from);
      from = List.of(names.get(i));
    }
    inputs.put(name, from);
    output.setPreProcessor(null);
    graph.setVertexInputs(inputs);
    graph.setTopologicalOrder(null);
    graph.setTopologicalOrderStr(null);
  }
}

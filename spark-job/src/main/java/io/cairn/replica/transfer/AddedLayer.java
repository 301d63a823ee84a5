/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.transfer;

import io.cairn.replica.FrozenLayers;
import io.cairn.replica.ModelException;
import io.cairn.replica.layers.DescribedLayer;
import io.cairn.replica.layers.DescriptionException;
import io.cairn.settings.Described;
import io.cairn.settings.Described.Properties;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.AbstractSameDiffLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * Makes a layer of what {@code model.fine-tune.add} says of it, in the words of {@code
 * model.layers} or as Deeplearning4j's own JSON. What that leaves open is the output layer's:
 * optimizer and initialisation; without activation there is none.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} naming the entry.
 */
final class AddedLayer {

  private static final String CLASS = "@class";

  private AddedLayer() {}

  /** Whether it is Deeplearning4j's JSON, which says its class so. */
  static boolean isJson(Described entry) {
    return entry instanceof Properties block && block.values().containsKey(CLASS);
  }

  static Layer read(Described entry, int index, BaseOutputLayer output) {
    Layer layer = isJson(entry) ? ofJson(entry, index) : described(entry);
    if (layer instanceof BaseOutputLayer) {
      throw new ModelException(
          "model.fine-tune.add[%d] is an output layer: replace-output says what the output is"
              .formatted(index));
    }
    if (FrozenLayers.isFrozen(layer)) {
      throw new ModelException(
          "model.fine-tune.add[%d] is frozen: a new layer would stay as it was drawn"
              .formatted(index));
    }
    complete(layer, output);
    return layer;
  }

  private static Layer described(Described entry) {
    try {
      return DescribedLayer.read(entry);
    } catch (DescriptionException e) {
      throw new ModelException(e.getMessage(), e);
    }
  }

  private static Layer ofJson(Described entry, int index) {
    try {
      return ofJson(NeuralNetConfiguration.mapper().valueToTree(entry.plain()));
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new ModelException(
          "model.fine-tune.add[%d] is no layer of Deeplearning4j: %s"
              .formatted(index, why.lines().findFirst().orElse(why)),
          e);
    }
  }

  /**
   * Of what the builder makes, with what is given put in: read alone, what is not there would be
   * zero, such as the forget gate's bias of an LSTM.
   */
  private static Layer ofJson(JsonNode json) throws IOException {
    ObjectMapper mapper = NeuralNetConfiguration.mapper();
    return mapper.treeToValue(filled(json, mapper), Layer.class);
  }

  private static JsonNode filled(JsonNode given, ObjectMapper mapper) {
    if (!(given instanceof ObjectNode own)) {
      return given;
    }
    own.fields().forEachRemaining(field -> field.setValue(filled(field.getValue(), mapper)));
    ObjectNode whole = type(own).flatMap(it -> usual(it, mapper)).orElse(own);
    whole.setAll(own);
    return whole;
  }

  private static Optional<Class<? extends Layer>> type(ObjectNode node) {
    try {
      Class<?> named =
          Class.forName(
              node.path(CLASS).asText(), false, Thread.currentThread().getContextClassLoader());
      return Layer.class.isAssignableFrom(named)
          ? Optional.of(named.asSubclass(Layer.class))
          : Optional.empty();
    } catch (ClassNotFoundException e) {
      // Of no layer, or one that the reader will complain about.
      return Optional.empty();
    }
  }

  /** What the builder makes without being told anything; empty if it must be told something. */
  private static Optional<ObjectNode> usual(Class<? extends Layer> type, ObjectMapper mapper) {
    for (Class<?> inner : type.getDeclaredClasses()) {
      if (inner.getSimpleName().equals("Builder")) {
        try {
          Object builder = inner.getConstructor().newInstance();
          return Optional.of(mapper.valueToTree(inner.getMethod("build").invoke(builder)));
        } catch (ReflectiveOperationException | RuntimeException e) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  /** A layer inside another needs the same. */
  private static void complete(Layer layer, BaseOutputLayer output) {
    if (layer instanceof BaseWrapperLayer wrapper) {
      complete(wrapper.getUnderlying(), output);
    } else if (layer instanceof Bidirectional both) {
      complete(both.getFwd(), output);
      complete(both.getBwd(), output);
    } else if (layer instanceof BaseLayer base) {
      complete(base, output);
    } else if (layer instanceof AbstractSameDiffLayer drawn) {
      complete(drawn, output);
    }
  }

  private static void complete(AbstractSameDiffLayer layer, BaseOutputLayer output) {
    if (layer.getUpdater() == null) {
      layer.setUpdater(output.getIUpdater());
      layer.setBiasUpdater(output.getBiasUpdater());
    }
    if (layer.getRegularization() == null) {
      layer.setRegularization(List.of());
    }
    if (layer.getRegularizationBias() == null) {
      layer.setRegularizationBias(List.of());
    }
    if (layer.getGradientNormalization() == null) {
      layer.setGradientNormalization(GradientNormalization.None);
    }
  }

  private static void complete(BaseLayer layer, BaseOutputLayer output) {
    if (Double.isNaN(layer.getBiasInit())) {
      layer.setBiasInit(0);
    }
    if (Double.isNaN(layer.getGainInit())) {
      layer.setGainInit(1);
    }
    if (layer.getIUpdater() == null) {
      layer.setIUpdater(output.getIUpdater());
      layer.setBiasUpdater(output.getBiasUpdater());
    }
    if (layer.getWeightInitFn() == null) {
      layer.setWeightInitFn(output.getWeightInitFn());
    }
    if (layer.getActivationFn() == null) {
      layer.setActivationFn(new ActivationIdentity());
    }
    if (layer.getRegularization() == null) {
      layer.setRegularization(List.of());
    }
    if (layer.getRegularizationBias() == null) {
      layer.setRegularizationBias(List.of());
    }
    if (layer.getGradientNormalization() == null) {
      layer.setGradientNormalization(GradientNormalization.None);
    }
  }
}

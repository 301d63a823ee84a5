/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import io.cairn.replica.ModelConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.AbstractSameDiffLayer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * Where a configuration says which updaters the parameters of a layer have, and which penalties. A
 * layer inside another is a place of its own, with the name of the outer one. Frozen layers are no
 * places.
 *
 * <p>Threading: not shared.
 *
 * @param layer the layer's or vertex's name as the user knows it
 * @param kind what its parameters are
 * @param common of all parameters, but for biases that have another
 * @param biases of those; null if they have the common one
 * @param penalties of weights
 * @param biasPenalties of biases
 */
record UpdaterPlace(
    String layer,
    Kind kind,
    Slot<IUpdater> common,
    Slot<IUpdater> biases,
    Slot<List<Regularization>> penalties,
    Slot<List<Regularization>> biasPenalties) {

  /** What the parameters are. */
  enum Kind {
    /** Weights and biases, whose updaters may differ. */
    WEIGHTS_AND_BIASES,
    /** Weights and biases that Deeplearning4j gives the same updater. */
    ALIKE,
    /** Scale and shift of a normalization, to which Deeplearning4j applies no penalties. */
    NORMALIZATION
  }

  /** A property of the configuration. */
  record Slot<T>(Supplier<T> get, Consumer<T> set) {}

  /** All places, in the model's order. */
  static List<UpdaterPlace> of(ModelConfiguration configuration) {
    List<UpdaterPlace> places = new ArrayList<>();
    if (configuration instanceof ModelConfiguration.Sequential sequential) {
      List<NeuralNetConfiguration> layers = sequential.conf().getConfs();
      for (int i = 0; i < layers.size(); i++) {
        Layer layer = layers.get(i).getLayer();
        String given = layer.getLayerName();
        add(given == null ? "layer" + i : given, layer, places);
      }
    } else if (configuration instanceof ModelConfiguration.Graph graph) {
      graph
          .conf()
          .getVertices()
          .forEach(
              (name, vertex) -> {
                if (vertex instanceof LayerVertex of) {
                  add(name, of.getLayerConf().getLayer(), places);
                } else if (vertex instanceof SameDiffVertex of) {
                  places.add(of(name, of));
                }
              });
    }
    return places;
  }

  private static void add(String name, Layer layer, List<UpdaterPlace> places) {
    if (layer instanceof FrozenLayer || layer instanceof FrozenLayerWithBackprop) {
      return;
    }
    if (layer instanceof BaseWrapperLayer wrapper) {
      add(name, wrapper.getUnderlying(), places);
    } else if (layer instanceof Bidirectional both) {
      add(name, both.getFwd(), places);
      add(name, both.getBwd(), places);
    } else if (layer instanceof BaseLayer base) {
      places.add(of(name, base));
    } else if (layer instanceof AbstractSameDiffLayer drawn) {
      places.add(of(name, drawn));
    }
  }

  private static UpdaterPlace of(String name, BaseLayer layer) {
    Kind kind = Kind.WEIGHTS_AND_BIASES;
    if (layer instanceof BatchNormalization) {
      kind = Kind.NORMALIZATION;
    } else if (layer instanceof CenterLossOutputLayer) {
      kind = Kind.ALIKE;
    }
    return new UpdaterPlace(
        name,
        kind,
        new Slot<>(layer::getIUpdater, layer::setIUpdater),
        new Slot<>(layer::getBiasUpdater, layer::setBiasUpdater),
        new Slot<>(layer::getRegularization, layer::setRegularization),
        new Slot<>(layer::getRegularizationBias, layer::setRegularizationBias));
  }

  private static UpdaterPlace of(String name, AbstractSameDiffLayer layer) {
    return new UpdaterPlace(
        name,
        Kind.WEIGHTS_AND_BIASES,
        new Slot<>(layer::getUpdater, layer::setUpdater),
        new Slot<>(layer::getBiasUpdater, layer::setBiasUpdater),
        new Slot<>(layer::getRegularization, layer::setRegularization),
        new Slot<>(layer::getRegularizationBias, layer::setRegularizationBias));
  }

  private static UpdaterPlace of(String name, SameDiffVertex vertex) {
    return new UpdaterPlace(
        name,
        Kind.WEIGHTS_AND_BIASES,
        new Slot<>(vertex::getUpdater, vertex::setUpdater),
        new Slot<>(vertex::getBiasUpdater, vertex::setBiasUpdater),
        new Slot<>(vertex::getRegularization, vertex::setRegularization),
        new Slot<>(vertex::getRegularizationBias, vertex::setRegularizationBias));
  }

  /** The group updater that an updater of the configuration is; null if it is none. */
  static GroupUpdater group(Slot<IUpdater> slot) {
    return slot.get().get() instanceof GroupUpdater updater ? updater : null;
  }
}

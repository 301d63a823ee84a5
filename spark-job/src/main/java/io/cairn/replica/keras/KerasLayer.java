/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer of a Keras model: its configuration, its place in the model, and the weights that its
 * reader asks for.
 *
 * <p>Threading: one thread.
 */
final class KerasLayer {

  /** The group of a model's layers in a {@code .keras} file. */
  static final String LAYERS = "layers";

  /** Where a layer stands: in the outermost model's layer, and at a path of the weights' tree. */
  record Place(String outermost, String path) {}

  private final String name;
  private final String className;
  private final KerasConfig config;
  private final int major;
  private final Place place;
  private final boolean trainable;
  private final Optional<KerasTopology> nested;
  private final String part;
  private final List<KerasSlot> slots;
  private final List<Derived> derived;
  private final Map<String, Integer> counts = new HashMap<>();

  /**
   * @param config its own configuration; what all layers have is read here
   * @param major version of Keras
   * @param modelTrainable whether the model around it may change in training
   * @param nested the model, if the layer is one
   */
  KerasLayer(
      String name,
      String className,
      KerasConfig config,
      int major,
      boolean modelTrainable,
      Place place,
      Optional<KerasTopology> nested) {
    this.name = name;
    this.className = className;
    this.config = config;
    this.major = major;
    this.place = place;
    this.nested = nested;
    this.part = "";
    this.slots = new ArrayList<>();
    this.derived = new ArrayList<>();
    this.trainable = config.flag("trainable", true) && modelTrainable;
    config.ignore("name");
  }

  /** Its name, unique within its model. */
  String name() {
    return name;
  }

  /** Its class in Keras. */
  String className() {
    return className;
  }

  /** Its configuration; finished when the whole model has been read. */
  KerasConfig config() {
    return config;
  }

  /** Version of the Keras that wrote it. */
  int major() {
    return major;
  }

  /** Whether its weights change in training. */
  boolean trainable() {
    return trainable;
  }

  /** The model, if it is one. */
  Optional<KerasTopology> nested() {
    return nested;
  }

  /** Name of the outermost model's layer in which it is; its own, if it is not in another model. */
  String outermost() {
    return place.outermost();
  }

  /** Where it is in the tree of a {@code .keras} file. */
  String path() {
    return place.path();
  }

  /** The weights asked for so far, in Keras's order. */
  List<KerasSlot> slots() {
    return slots;
  }

  /**
   * The layer within a wrapper, as if it stood in the wrapper's place: its weights are the
   * wrapper's.
   *
   * @param part name of the layer within the wrapper, as the weights' tree has it
   */
  KerasLayer within(String part, KerasObject layer) {
    boolean inner = layer.config().flag("trainable", true);
    if (major >= 3 && inner != trainable) {
      // Keras 3 goes by the weights' own flags, which a wrapper's does not reach.
      throw config.refused(
          "trainable is "
              + trainable
              + " for it and "
              + inner
              + " for the layer within; set it"
              + " after the model is built (layer.trainable = ...), which sets both");
    }
    layer.config().ignore("batch_input_shape", "batch_shape", "dtype");
    return new KerasLayer(this, part, layer);
  }

  private KerasLayer(KerasLayer wrapper, String part, KerasObject layer) {
    this.name = wrapper.name;
    this.className = layer.className();
    this.config = layer.config();
    this.major = wrapper.major;
    this.place = wrapper.place;
    this.nested = Optional.empty();
    this.trainable = wrapper.trainable;
    this.part = part;
    this.slots = wrapper.slots;
    this.derived = wrapper.derived;
    config.ignore("name");
  }

  /**
   * A parameter of DL4J's that is computed of several weights.
   *
   * @param value of the layer's held weights by their names
   */
  record Derived(
      KerasLayer layer,
      String vertex,
      String parameter,
      Function<Map<String, INDArray>, INDArray> value) {}

  /** Asks for a weight that has no place of its own, but that others are derived of. */
  void held(String variable, KerasSlot.WeightKind kind, long... shape) {
    slot("", variable, kind, "", "", UnaryOperator.identity(), shape);
  }

  /** A parameter computed of held weights. */
  void derive(String vertex, String parameter, Function<Map<String, INDArray>, INDArray> value) {
    derived.add(new Derived(this, vertex, parameter, value));
  }

  /** All derived parameters. */
  List<Derived> derived() {
    return derived;
  }

  /** Asks for a weight that training changes and that DL4J has in the same form. */
  void weight(String variable, String vertex, String parameter, long... shape) {
    slot(
        "",
        variable,
        KerasSlot.WeightKind.TRAINED,
        vertex,
        parameter,
        UnaryOperator.identity(),
        shape);
  }

  /**
   * Asks for a weight. Weights of a part must be asked for in Keras's order.
   *
   * @param part of the layer in the weights' tree; empty for itself
   * @param placed makes DL4J's value of Keras's
   * @param shape in Keras
   */
  void slot(
      String part,
      String variable,
      KerasSlot.WeightKind kind,
      String vertex,
      String parameter,
      UnaryOperator<INDArray> placed,
      long... shape) {
    int index = counts.merge(part, 1, Integer::sum) - 1;
    String below =
        this.part.isEmpty() || part.isEmpty() ? this.part + part : this.part + "/" + part;
    slots.add(new KerasSlot(this, below, index, variable, kind, shape, vertex, parameter, placed));
  }
}

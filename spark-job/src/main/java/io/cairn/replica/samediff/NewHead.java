/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.GraphWishes.NewOutput;
import io.cairn.settings.GraphSettings.Loss;
import io.cairn.settings.OutputReplacement;
import io.cairn.settings.OutputReplacement.Pooling;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Adds a new output to a graph, as {@code model.fine-tune.replace-output} says: a linear layer over
 * a value of the graph, pooled first where that has steps. Its weights are drawn as
 * Deeplearning4j's XAVIER draws them (Glorot and Bengio 2010: a normal distribution of variance 2 /
 * (width + units)), from the run's seed alone; its biases are zero.
 *
 * <p>Used once.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link RefusedGraphException} naming the setting.
 */
final class NewHead {

  private static final String SETTING = "model.fine-tune.replace-output";
  private static final String USUAL_MASK = "attention_mask";

  private final SameDiff graph;
  private final DataType type;
  private final OutputReplacement wanted;
  private final long seed;
  private final Loss loss;
  private final OptionalInt classes;

  /**
   * @param type that the graph computes in
   * @param classes how many the data's settings name
   */
  NewHead(SameDiff graph, DataType type, NewOutput wanted, Loss loss, OptionalInt classes) {
    this.graph = graph;
    this.type = type;
    this.wanted = wanted.replacement();
    this.seed = wanted.seed();
    this.loss = loss;
    this.classes = classes;
  }

  /** Adds it, over a value. */
  GraphHead on(SDVariable from) {
    if (wanted.loss().isPresent() || wanted.activation().isPresent()) {
      throw new RefusedGraphException(
          "%s.%s is for Deeplearning4j's layers; of a graph, model.loss says how its output is compared with labels, and what follows from that"
              .formatted(SETTING, wanted.loss().isPresent() ? "loss" : "activation"));
    }
    ValueShape shape = ValueShape.of(graph, from.name());
    Pooling pooling = pooling(from.name(), shape);
    Optional<String> mask = mask(pooling, from.name());
    long units = units();
    String layer = freeLayer();
    String output = graph.hasVariable("logits") ? layer + ".logits" : "logits";
    GraphHead head =
        new GraphHead(
            from.name(),
            shape.rank(),
            pooling,
            mask,
            layer + ".weight",
            layer + ".bias",
            output,
            shape.width(),
            units);
    SDVariable weight = graph.var(head.weight(), drawn(shape.width(), units));
    SDVariable bias = graph.var(head.bias(), Nd4j.zeros(type, units));
    if (head.isOfSteps()) {
      SDVariable rows = graph.reshape(from, -1, shape.width()).mmul(weight).add(bias);
      SDVariable before = graph.slice(from.shape(), new int[] {0}, new int[] {2});
      SDVariable last = graph.constant(Nd4j.createFromArray(new long[] {units}));
      graph.reshape(output, rows, graph.concat(0, before, last));
    } else {
      pooled(from, head).mmul(weight).add(output, bias);
    }
    return head;
  }

  private SDVariable pooled(SDVariable from, GraphHead head) {
    return switch (head.pooling()) {
      case NONE -> from;
      case FIRST -> {
        long[] ones = {1, 1, 1};
        int others = 0b101;
        yield graph.stridedSlice(from, new long[3], ones, ones, others, others, 0, 0, 0b010);
      }
      case MEAN -> {
        SDVariable mask = graph.getVariable(head.mask().orElseThrow());
        // SameDiff's operator for one dimension more leaves [1, 1] as it is.
        SDVariable one = graph.constant(Nd4j.createFromArray(new long[] {1}));
        SDVariable shape = graph.concat(0, mask.shape(), one);
        SDVariable real = graph.reshape(graph.castTo(mask, type), shape);
        SDVariable count = real.sum(1);
        // An example of which no step counts has zeros, and not what 0 / 0 is.
        SDVariable none = graph.castTo(graph.eq(count, 0), type);
        yield from.mul(real).sum(1).div(count.add(none));
      }
    };
  }

  private Pooling pooling(String from, ValueShape shape) {
    boolean steps = loss == Loss.TOKEN_CROSS_ENTROPY;
    if (shape.rank() != 3 && shape.rank() != 2) {
      throw new RefusedGraphException(
          "model.output = %s has %d dimensions; a new output reads [examples, values] or [examples, steps, values]"
              .formatted(from, shape.rank()));
    }
    if (steps && shape.rank() == 2) {
      throw new RefusedGraphException(
          "model.output = %s has one row an example, and model.loss = token-cross-entropy has a label for each step"
              .formatted(from));
    }
    boolean none = shape.rank() == 2 || steps;
    Pooling pooling = wanted.pooling().orElse(none ? Pooling.NONE : Pooling.FIRST);
    if (!none && wanted.pooling().isEmpty()) {
      throw new RefusedGraphException(
          "model.output = %s has a row for each step, and model.loss = %s one label an example: %s.pooling = first takes the first step, mean the mean of all that count"
              .formatted(from, word(loss), SETTING));
    }
    if (none != (pooling == Pooling.NONE)) {
      throw new RefusedGraphException(
          "%s.pooling = %s: model.output = %s has %s, and model.loss = %s one label %s"
              .formatted(
                  SETTING,
                  word(pooling),
                  from,
                  shape.rank() == 2 ? "one row an example" : "a row for each step",
                  word(loss),
                  steps ? "a step" : "an example"));
    }
    return pooling;
  }

  private Optional<String> mask(Pooling pooling, String from) {
    if (pooling != Pooling.MEAN) {
      if (wanted.mask().isPresent()) {
        throw new RefusedGraphException(
            "%s.mask says which steps count in a mean, and pooling is %s"
                .formatted(SETTING, word(pooling)));
      }
      return Optional.empty();
    }
    String name = wanted.mask().orElse(USUAL_MASK);
    boolean fits = graph.hasVariable(name) && graph.getVariable(name).isPlaceHolder();
    long[] shape = fits ? graph.getVariable(name).placeholderShape() : null;
    if (shape == null || shape.length != 2) {
      throw new RefusedGraphException(
          "%s.pooling = mean: %s, which says which steps count, %s; %s.mask names an input [examples, steps] of ones and zeros: %s goes into %s"
              .formatted(
                  SETTING,
                  name,
                  fits ? "has other dimensions" : "is no input of the graph",
                  SETTING,
                  GraphWalk.sources(graph, from).stream()
                      .filter(it -> graph.getVariable(it).isPlaceHolder())
                      .toList(),
                  from));
    }
    return Optional.of(name);
  }

  private long units() {
    boolean ofClasses = loss != Loss.SIGMOID && loss != Loss.MSE;
    if (ofClasses && wanted.units().isPresent()) {
      throw new RefusedGraphException(
          "%s.units = %d: model.loss = %s is one of classes; say classes"
              .formatted(SETTING, wanted.units().getAsInt(), word(loss)));
    }
    if (!ofClasses && wanted.classes().isPresent()) {
      throw new RefusedGraphException(
          "%s.classes = %d: model.loss = %s is one of values; say units"
              .formatted(SETTING, wanted.classes().getAsInt(), word(loss)));
    }
    if (!ofClasses) {
      return wanted
          .units()
          .orElseThrow(
              () ->
                  new RefusedGraphException(
                      "%s.units says how many values model.loss = %s compares with labels"
                          .formatted(SETTING, word(loss))));
    }
    if (wanted.classes().isPresent() && classes.isPresent() && !wanted.classes().equals(classes)) {
      throw new RefusedGraphException(
          "%s.classes = %d, but the data has %d (data.classes, data.outputs)"
              .formatted(SETTING, wanted.classes().getAsInt(), classes.getAsInt()));
    }
    OptionalInt found = wanted.classes().isPresent() ? wanted.classes() : classes;
    return found.orElseThrow(
        () ->
            new RefusedGraphException(
                "how many classes has the new output? data.classes, data.outputs = [{ columns = ..., classes = ... }] or %s.classes says it"
                    .formatted(SETTING)));
  }

  private INDArray drawn(long width, long units) {
    Random random = new Random(seed);
    double deviation = Math.sqrt(2.0 / (width + units));
    double[] values = new double[Math.toIntExact(Math.multiplyExact(width, units))];
    for (int i = 0; i < values.length; i++) {
      values[i] = deviation * random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape('c', new long[] {width, units}).castTo(type);
  }

  private String freeLayer() {
    String layer = "head";
    for (int i = 1; isTaken(layer); i++) {
      layer = "head_" + i;
    }
    return layer;
  }

  private boolean isTaken(String layer) {
    return graph.variables().stream().anyMatch(it -> it.name().startsWith(layer + "."));
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

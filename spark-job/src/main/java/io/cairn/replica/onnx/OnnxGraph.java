/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import io.cairn.replica.onnx.TiedWeights.Tie;
import io.cairn.replica.samediff.GraphRoles.Dropout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The SameDiff graph that is being made of an ONNX graph, and what is known of each of its values:
 * its rank, its numbers where they are constant, and its length where it is a list.
 *
 * <p>Truth values are numbers 0 and 1 of type LONG, so that they can be reckoned with.
 *
 * <p>Threading: one thread.
 */
final class OnnxGraph {

  private final SameDiff graph;
  private final DataType type;
  private final long opset;
  private final Map<String, SDVariable> variables = new HashMap<>();
  private final Map<String, INDArray> constants = new HashMap<>();
  private final Map<String, Integer> ranks = new HashMap<>();
  private final Map<String, Integer> lengths = new HashMap<>();
  private final Map<String, String> trained = new LinkedHashMap<>();
  private final Map<String, String> tied = new LinkedHashMap<>();
  private final List<String> staying = new ArrayList<>();
  private final List<Dropout> dropouts = new ArrayList<>();
  private final TiedWeights weights = new TiedWeights();

  OnnxGraph(SameDiff graph, DataType type, long opset) {
    this.graph = graph;
    this.type = type;
    this.opset = opset;
  }

  SameDiff graph() {
    return graph;
  }

  /** The floating point type that everything is computed in. */
  DataType type() {
    return type;
  }

  long opset() {
    return opset;
  }

  /** Names of variables that are trained, with the initializer that each came from. */
  Map<String, String> trained() {
    return trained;
  }

  /** Names of initializers that are another one, by which they are trained. */
  Map<String, String> tied() {
    return tied;
  }

  /** Names of initializers of floating point that are used, and not trained. */
  List<String> staying() {
    return staying;
  }

  /** Whose masks are placeholders. */
  List<Dropout> dropouts() {
    return dropouts;
  }

  /** What values are multiplied by where a share of them is dropped in training. */
  SDVariable mask(String of, double rate) {
    SDVariable mask = graph.placeHolder(of + "/mask", type, 1);
    dropouts.add(new Dropout(mask.name(), rate));
    return mask;
  }

  void stays(String name) {
    staying.add(name);
  }

  void placeholder(String name, DataType of, long[] shape) {
    variables.put(name, graph.placeHolder(name, of, shape));
    ranks.put(name, shape.length);
    if (shape.length == 1 && shape[0] > 0) {
      lengths.put(name, (int) shape[0]);
    }
  }

  /** An initializer that is trained; by itself, or as the one that it is. */
  void initializer(String name, INDArray values) {
    Optional<Tie> tie = weights.find(name, values);
    if (tie.isEmpty()) {
      trainable(name, values, name);
      return;
    }
    SDVariable of = variables.get(tie.get().name());
    variables.put(
        name,
        switch (tie.get().layout()) {
          case SAME -> graph.identity(name, of);
          case TRANSPOSED -> graph.permute(name, of, 1, 0);
        });
    ranks.put(name, values.rank());
    tied.put(name, tie.get().name());
  }

  void trainable(String name, INDArray values, String initializer) {
    variables.put(name, graph.var(name, values));
    ranks.put(name, values.rank());
    trained.put(name, initializer);
  }

  void constant(String name, INDArray values) {
    constants.put(name, values);
    ranks.put(name, values.rank());
    if (values.rank() == 1) {
      lengths.put(name, (int) values.length());
    } else if (values.isEmpty()) {
      ranks.put(name, 1);
      lengths.put(name, 0);
    }
  }

  /** A name for what is already there. */
  void alias(String name, String of) {
    if (constants.containsKey(of)) {
      constants.put(name, constants.get(of));
    }
    if (variables.containsKey(of)) {
      variables.put(name, variables.get(of));
    }
    ranks.put(name, rank(of));
    length(of).ifPresent(it -> lengths.put(name, it));
  }

  boolean isTrained(String name) {
    return trained.containsKey(name);
  }

  Optional<INDArray> constant(String name) {
    return Optional.ofNullable(constants.get(name));
  }

  Optional<Integer> length(String name) {
    return Optional.ofNullable(lengths.get(name));
  }

  void length(String name, int length) {
    lengths.put(name, length);
  }

  int rank(String name) {
    Integer rank = ranks.get(name);
    if (rank == null) {
      throw new OnnxException("value " + name + " is used before it is made");
    }
    return rank;
  }

  /** An input of a node as a variable. */
  SDVariable in(OnnxNode node, int input) {
    return in(node.input(input));
  }

  SDVariable in(String name) {
    return variables.computeIfAbsent(
        name,
        it ->
            graph.constant(
                it,
                constant(it)
                    .orElseThrow(
                        () -> new OnnxException("value " + it + " is used before it is made"))));
  }

  /** The graph's own name of a value of the file; the name itself where it has none. */
  String nameOf(String value) {
    SDVariable variable = variables.get(value);
    return variable == null ? value : variable.name();
  }

  int rank(OnnxNode node, int input) {
    return rank(node.input(input));
  }

  /** Whole numbers that must be constant. */
  long[] numbers(OnnxNode node, int input, String what) {
    INDArray constant =
        constant(node.input(input))
            .orElseThrow(() -> node.refused(what + " must be constant, and is computed"));
    return constant.isEmpty()
        ? new long[0]
        : constant.castTo(DataType.INT64).ravel().toLongVector();
  }

  /** A constant of whole numbers. */
  SDVariable list(long... numbers) {
    return graph.constant(Nd4j.createFromArray(numbers));
  }

  SDVariable scalar(long number) {
    return graph.constant(Nd4j.scalar(number));
  }

  /** The result of a node under its name. */
  void out(OnnxNode node, SDVariable result, int rank) {
    out(node.output(), result, rank);
  }

  void out(String name, SDVariable result, int rank) {
    SDVariable named =
        result.name().equals(name)
            ? result
            : graph.getVariableOutputOp(result.name()) == null
                ? graph.identity(name, result)
                : graph.updateVariableNameAndReference(result, name);
    variables.put(name, named);
    ranks.put(name, rank);
  }

  /** Numbers 0 and 1 as values that can be multiplied. */
  SDVariable real(SDVariable numbers) {
    return numbers.dataType() == type ? numbers : graph.castTo(numbers, type);
  }

  /** The dimension of a variable, as a list of one number. */
  SDVariable dimension(SDVariable of, int axis) {
    return graph.slice(of.shape(), new int[] {axis}, new int[] {1});
  }

  /** An axis that may count from behind. */
  int axis(OnnxNode node, long axis, int rank) {
    long from = axis < 0 ? axis + rank : axis;
    if (from < 0 || from >= rank) {
      throw node.refused("axis %d of a value of rank %d".formatted(axis, rank));
    }
    return (int) from;
  }
}

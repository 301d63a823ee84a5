/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * ONNX operators that work on each value by itself, with one or two operands that are stretched
 * over each other.
 *
 * <p>Threading: one thread.
 */
final class OnnxElements {

  private final OnnxGraph to;
  private final SameDiff graph;
  private final Map<String, UnaryOperator<SDVariable>> single;
  private final Map<String, BinaryOperator<SDVariable>> pairs;

  OnnxElements(OnnxGraph to) {
    this.to = to;
    this.graph = to.graph();
    single =
        Map.ofEntries(
            Map.entry("Neg", SDVariable::neg),
            Map.entry("Abs", x -> graph.math().abs(x)),
            Map.entry("Sqrt", x -> graph.math().sqrt(x)),
            Map.entry("Exp", x -> graph.math().exp(x)),
            Map.entry("Log", x -> graph.math().log(x)),
            Map.entry("Erf", x -> graph.math().erf(x)),
            Map.entry("Tanh", x -> graph.math().tanh(x)),
            Map.entry("Reciprocal", x -> graph.math().reciprocal(x)),
            Map.entry("Relu", x -> graph.nn().relu(x, 0)),
            Map.entry("Sigmoid", x -> graph.nn().sigmoid(x)));
    pairs =
        Map.of(
            "Add",
            SDVariable::add,
            "Sub",
            SDVariable::sub,
            "Mul",
            SDVariable::mul,
            "Div",
            SDVariable::div,
            "And",
            SDVariable::mul,
            "Equal",
            (a, b) -> truth(graph.eq(a, b)),
            "Less",
            (a, b) -> truth(graph.lt(a, b)),
            "LessOrEqual",
            (a, b) -> truth(graph.lte(a, b)),
            "Greater",
            (a, b) -> truth(graph.gt(a, b)),
            "GreaterOrEqual",
            (a, b) -> truth(graph.gte(a, b)));
  }

  /** Translates a node, if it is one of these. */
  boolean translate(OnnxNode node) {
    String op = node.op();
    if (single.containsKey(op)) {
      to.out(node, single.get(op).apply(to.in(node, 0)), to.rank(node, 0));
    } else if (pairs.containsKey(op)) {
      pair(node, pairs.get(op));
    } else {
      switch (op) {
        case "Not" -> to.out(node, to.scalar(1).sub(to.in(node, 0)), to.rank(node, 0));
        case "Pow" -> power(node);
        case "Max", "Min" -> extreme(node);
        case "Clip" -> clip(node);
        case "Where" -> where(node);
        case "Cast" -> cast(node);
        default -> {
          return false;
        }
      }
    }
    return true;
  }

  private SDVariable truth(SDVariable compared) {
    return graph.castTo(compared, DataType.INT64);
  }

  private void pair(OnnxNode node, BinaryOperator<SDVariable> op) {
    SDVariable a = to.in(node, 0);
    SDVariable b = to.in(node, 1);
    if (a.dataType() != b.dataType()) {
      throw node.refused("its operands are of %s and %s".formatted(a.dataType(), b.dataType()));
    }
    // Of whole numbers, which are lengths and so not negative, the quotient is one too.
    boolean whole = node.op().equals("Div") && !a.dataType().isFPType();
    SDVariable result = whole ? graph.math().floorDiv(a, b) : op.apply(a, b);
    to.out(node, result, Math.max(to.rank(node, 0), to.rank(node, 1)));
    listLength(node, 0, 1);
  }

  /** What is reckoned value by value of lists is as long as the longer one. */
  private void listLength(OnnxNode node, int... inputs) {
    int longest = 0;
    for (int input : inputs) {
      longest = Math.max(longest, to.length(node.input(input)).orElse(0));
    }
    if (to.rank(node.output()) == 1 && longest > 0) {
      to.length(node.output(), longest);
    }
  }

  private void power(OnnxNode node) {
    SDVariable x = to.in(node, 0);
    int rank = to.rank(node, 0);
    double exponent =
        to.constant(node.input(1))
            .filter(it -> it.length() == 1)
            .map(it -> it.getDouble(0))
            .orElseThrow(() -> node.refused("the exponent must be one constant number"));
    if (exponent == 2) {
      to.out(node, graph.math().square(x), rank);
    } else if (exponent == 3) {
      to.out(node, graph.math().square(x).mul(x), rank);
    } else if (exponent == 0.5) {
      to.out(node, graph.math().sqrt(x), rank);
    } else {
      to.out(node, graph.math().pow(x, exponent), rank);
    }
  }

  /**
   * The larger or smaller of values. Of two that are equal each gets half of the gradient, as in
   * PyTorch; SameDiff's own gives all of it to both.
   */
  private void extreme(OnnxNode node) {
    boolean max = node.op().equals("Max");
    SDVariable result = branch(node, 0);
    int rank = to.rank(node, 0);
    for (int input = 1; input < node.inputs(); input++) {
      SDVariable next = branch(node, input);
      requireReal(node, result, next);
      SDVariable above = to.real(truth(max ? graph.gt(result, next) : graph.lt(result, next)));
      SDVariable equal = to.real(truth(graph.eq(result, next)));
      SDVariable share = above.add(equal.mul(0.5));
      result = result.mul(share).add(next.mul(share.rsub(1)));
      rank = Math.max(rank, to.rank(node, input));
    }
    to.out(node, node.inputs() == 1 ? graph.identity(result) : result, rank);
  }

  /** Within bounds, each of which may be left out; a value that is one keeps its gradient. */
  private void clip(OnnxNode node) {
    SDVariable x = to.in(node, 0);
    SDVariable result = x;
    for (int input = 1; input <= 2; input++) {
      if (node.has(input)) {
        SDVariable bound = branch(node, input);
        requireReal(node, x, bound);
        SDVariable within =
            to.real(truth(input == 1 ? graph.gte(result, bound) : graph.lte(result, bound)));
        result = result.mul(within).add(bound.mul(within.rsub(1)));
      }
    }
    boolean bounded = node.has(1) || node.has(2);
    to.out(node, bounded ? result : graph.identity(x), to.rank(node, 0));
  }

  private void requireReal(OnnxNode node, SDVariable a, SDVariable b) {
    if (a.dataType() != to.type() || b.dataType() != to.type()) {
      throw node.refused(
          "its operands are of %s and %s; of whole numbers it is not supported"
              .formatted(a.dataType(), b.dataType()));
    }
  }

  /** By multiplication, for SameDiff's own has no derivative. */
  private void where(OnnxNode node) {
    SDVariable yes = branch(node, 1);
    SDVariable no = branch(node, 2);
    boolean real = yes.dataType().isFPType();
    SDVariable condition = real ? to.real(to.in(node, 0)) : to.in(node, 0);
    SDVariable other = condition.rsub(1);
    int rank = Math.max(to.rank(node, 0), Math.max(to.rank(node, 1), to.rank(node, 2)));
    to.out(node, yes.mul(condition).add(no.mul(other)), rank);
    listLength(node, 0, 1, 2);
  }

  /** Infinity times 0 is no number: a constant has the largest finite one instead. */
  private SDVariable branch(OnnxNode node, int input) {
    INDArray constant = to.constant(node.input(input)).orElse(null);
    boolean real = constant != null && constant.dataType().isFPType() && !constant.isEmpty();
    if (!real || Double.isFinite(constant.sumNumber().doubleValue())) {
      return to.in(node, input);
    }
    double most = Float.MAX_VALUE;
    INDArray finite = constant.dup();
    for (long i = 0; i < finite.length(); i++) {
      finite.putScalar(i, Math.max(-most, Math.min(most, finite.getDouble(i))));
    }
    return graph.constant(finite);
  }

  private void cast(OnnxNode node) {
    SDVariable x = to.in(node, 0);
    int target = (int) node.number("to", OnnxTensors.FLOAT);
    SDVariable result =
        switch (target) {
          case OnnxTensors.FLOAT, OnnxTensors.DOUBLE -> graph.castTo(x, to.type());
          case OnnxTensors.INT32, OnnxTensors.INT64 -> graph.castTo(x, DataType.INT64);
          case OnnxTensors.BOOL -> truth(graph.neq(x, 0));
          default -> throw node.refused("to = " + OnnxTensors.name(target) + " is not supported");
        };
    String input = node.input(0);
    to.out(node, result, to.rank(input));
    to.length(input).ifPresent(length -> to.length(node.output(), length));
  }
}

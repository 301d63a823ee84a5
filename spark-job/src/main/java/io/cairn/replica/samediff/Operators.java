/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.graph.FlatNode;
import org.nd4j.graph.OpType;
import org.nd4j.linalg.api.ops.impl.loss.BaseLoss;
import org.nd4j.linalg.api.ops.impl.loss.CtcLoss;
import org.nd4j.linalg.api.ops.impl.loss.L2Loss;
import org.nd4j.linalg.api.ops.impl.loss.SoftmaxCrossEntropyWithLogitsLoss;
import org.nd4j.linalg.api.ops.impl.loss.SparseSoftmaxCrossEntropyLossWithLogits;

/**
 * What is known of SameDiff's operators in ND4J 1.0.0-M2.1: which are refused, which are losses
 * that ignore the gradient behind them. {@code docs/samediff.md} has the same lists.
 *
 * <p>Threading: stateless.
 */
final class Operators {

  private static final String NOISE =
      "SameDiff draws its noise from a state that no run can repeat, and knows no derivative of it";

  private static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry("assert", "it checks values at run time and computes nothing"),
          Map.entry(
              "batchnorm",
              "its derivative takes its statistics for those of the pass, whatever they are"),
          Map.entry("fused_batch_norm", "its statistics are those of a pass, and are lost"),
          Map.entry("dropout", NOISE),
          Map.entry("dropout_inverted", NOISE),
          Map.entry("alpha_dropout", NOISE),
          Map.entry("repeat", "its native code ends the process; tile or concat do the same"),
          Map.entry("unique", "the shape of what it gives depends on the examples of a pass"),
          Map.entry(
              "boolean_mask", "the shape of what it gives depends on the examples of a pass"));

  /** Beginnings of names of operators that steer, or keep lists of arrays. */
  private static final Set<String> STEERING =
      Set.of("tensorarray", "create_list", "read_list", "write_list", "stack_list", "invoke");

  private Operators() {}

  /** Throws if an operator is one that cannot be trained with. */
  static void requireKnown(String name, FlatNode node) {
    String op = String.valueOf(node.opName());
    if (node.opType() == OpType.LOGIC || STEERING.stream().anyMatch(op::startsWith)) {
      throw new RefusedGraphException(
          "operator %s (%s) steers which part of the graph is computed (loops, conditions, lists), which is not supported; unroll it"
              .formatted(name, op));
    }
    if (node.opType() == OpType.RANDOM || op.startsWith("random") || REFUSED.containsKey(op)) {
      throw new RefusedGraphException(
          "operator %s (%s) cannot be trained with exactly: %s"
              .formatted(name, op, REFUSED.getOrDefault(op, NOISE)));
    }
  }

  /** Whether an operator's derivative ignores the gradient that comes from behind it. */
  static boolean ignoresGradient(DifferentialFunction op) {
    return op instanceof BaseLoss
        || op instanceof SoftmaxCrossEntropyWithLogitsLoss
        || op instanceof SparseSoftmaxCrossEntropyLossWithLogits
        || op instanceof CtcLoss
        || op instanceof L2Loss;
  }
}

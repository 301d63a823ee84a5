/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.samediff.GraphRoles.Reduction;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.loss.LossReduce;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ops.impl.loss.BaseLoss;

/**
 * The loss that a graph has itself: what it does with its terms, and what SameDiff would compute
 * wrongly of it.
 *
 * <p>It is followed from the loss back, through what only adds or scales, to the operator that
 * reduces the terms. All parts of a loss must be reduced alike, for a sum of examples cannot be
 * made of a part that is a sum and another that is a mean.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link RefusedGraphException}.
 */
final class OwnLoss {

  private static final Set<String> SUMS = Set.of("reduce_sum", "sum");
  private static final Set<String> MEANS = Set.of("reduce_mean", "mean");
  private static final Set<String> PASSING = Set.of("identity", "reshape", "squeeze", "cast");
  private static final Set<String> LAYING_OUT =
      Set.of("identity", "reshape", "squeeze", "expand_dims", "cast");
  private static final Set<String> SCALING =
      Set.of("multiply", "divide", "mul_scalar", "div_scalar", "neg", "Neg", "negative");
  private static final Set<String> ADDING = Set.of("add", "mergeadd", "add_scalar");

  private final SameDiff graph;
  private final Set<Reduction> reductions = new LinkedHashSet<>();
  private final List<BaseLoss> losses = new ArrayList<>();

  private OwnLoss(SameDiff graph) {
    this.graph = graph;
  }

  /**
   * What a loss is.
   *
   * @param reduction what it does with its terms
   * @param operators those of its parts that are SameDiff's own losses
   */
  record Found(Reduction reduction, List<BaseLoss> operators) {}

  static Found of(SameDiff graph) {
    OwnLoss own = new OwnLoss(graph);
    for (String loss : graph.getLossVariables()) {
      own.walk(graph.getVariable(loss), true);
    }
    if (own.reductions.size() > 1) {
      throw new RefusedGraphException(
          "its loss has parts that are sums and parts that are means (%s), of which micro-batches cannot make a sum; reduce all of them alike, best as LossReduce.SUM"
              .formatted(own.reductions));
    }
    return new Found(own.reductions.iterator().next(), own.losses);
  }

  /**
   * @param unchanged whether only what adds stands behind it, so that the gradient that comes from
   *     behind is 1
   */
  private void walk(SDVariable variable, boolean unchanged) {
    DifferentialFunction op = graph.getVariableOutputOp(variable.name());
    if (op == null) {
      reductions.add(Reduction.SUM);
      return;
    }
    if (Operators.ignoresGradient(op)) {
      requireUnchanged(op, unchanged);
      reductions.add(op instanceof BaseLoss loss ? reduction(loss) : Reduction.SUM);
      if (op instanceof BaseLoss loss) {
        losses.add(loss);
      }
      return;
    }
    String name = op.opName();
    if (SUMS.contains(name)) {
      reductions.add(Reduction.SUM);
      below(op, unchanged);
    } else if (MEANS.contains(name)) {
      reductions.add(Reduction.MEAN);
      below(op, false);
    } else if (PASSING.contains(name)) {
      walk(op.arg(0), unchanged);
    } else if (SCALING.contains(name)) {
      for (SDVariable part : op.args()) {
        if (part.getVariableType() == VariableType.ARRAY) {
          walk(part, false);
        }
      }
    } else if (ADDING.contains(name) || name.equals("subtract")) {
      for (SDVariable part : op.args()) {
        boolean constant = part.getVariableType() == VariableType.CONSTANT;
        if (!constant) {
          walk(part, unchanged && !name.equals("subtract"));
        }
      }
    } else {
      // Values of examples, or something that the run's self-check has to judge.
      reductions.add(Reduction.SUM);
      below(op, false);
    }
  }

  /** Looks for losses before the terms are reduced, whose derivatives would be wrong. */
  private void below(DifferentialFunction op, boolean unchanged) {
    Set<String> seen = new LinkedHashSet<>();
    List<SDVariable> open = new ArrayList<>(List.of(op.args()));
    boolean first = true;
    while (!open.isEmpty()) {
      SDVariable next = open.remove(open.size() - 1);
      DifferentialFunction before = graph.getVariableOutputOp(next.name());
      if (before == null || !seen.add(next.name())) {
        continue;
      }
      if (Operators.ignoresGradient(before)) {
        requireUnchanged(before, unchanged && first);
        if (before instanceof BaseLoss loss) {
          losses.add(loss);
        }
        continue;
      }
      first = false;
      open.addAll(List.of(before.args()));
    }
  }

  private static void requireUnchanged(DifferentialFunction op, boolean unchanged) {
    if (!unchanged) {
      throw new RefusedGraphException(
          "operator %s (%s) is a loss of SameDiff, whose derivative in ND4J 1.0.0-M2.1 ignores what follows it, such as a mean or a factor: the gradient would be wrong by that; let nothing but sums follow it, and scale the learning rate instead"
              .formatted(op.getOwnName(), op.opName()));
    }
  }

  private Reduction reduction(BaseLoss loss) {
    LossReduce reduce = loss.getLossReduce();
    if (reduce == LossReduce.NONE || reduce == LossReduce.SUM) {
      return Reduction.SUM;
    }
    VariableType kind = source(graph, loss).getVariableType();
    if (kind == VariableType.ARRAY) {
      throw new RefusedGraphException(
          "operator %s (%s) is a mean by weights that the graph computes, whose sum is not known outside; reduce it by LossReduce.SUM, or let the weights be a placeholder"
              .formatted(loss.getOwnName(), loss.opName()));
    }
    boolean given = kind == VariableType.PLACEHOLDER;
    if (!given) {
      return Reduction.MEAN;
    }
    return reduce == LossReduce.MEAN_BY_WEIGHT
        ? Reduction.MEAN_BY_WEIGHT
        : Reduction.MEAN_BY_NONZERO_WEIGHT;
  }

  /** Where the weights of a loss come from, if they are only laid out anew on the way. */
  private static SDVariable source(SameDiff graph, BaseLoss loss) {
    SDVariable weights = loss.arg(1);
    DifferentialFunction op = graph.getVariableOutputOp(weights.name());
    while (op != null && LAYING_OUT.contains(op.opName())) {
      weights = op.arg(0);
      op = graph.getVariableOutputOp(weights.name());
    }
    return weights;
  }

  /** The placeholder that weights a loss, if one does. */
  static Optional<SDVariable> weights(SameDiff graph, List<BaseLoss> losses) {
    List<SDVariable> weights =
        losses.stream()
            .map(loss -> source(graph, loss))
            .filter(weight -> weight.getVariableType() == VariableType.PLACEHOLDER)
            .distinct()
            .toList();
    if (weights.size() > 1) {
      throw new RefusedGraphException(
          "its losses have different weights (%s); one for all is supported"
              .formatted(weights.stream().map(SDVariable::name).toList()));
    }
    return weights.stream().findFirst();
  }
}

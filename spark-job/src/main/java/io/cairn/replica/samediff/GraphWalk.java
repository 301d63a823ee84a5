/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;

/**
 * Walks a graph from a variable to what it is made of.
 *
 * <p>Threading: stateless.
 */
final class GraphWalk {

  private GraphWalk() {}

  /**
   * Names of all variables that a variable is made of, itself included: first itself, then each
   * argument with what it is made of.
   */
  static Set<String> sources(SameDiff graph, String from) {
    return sources(graph, List.of(from), variable -> true);
  }

  /** Those that lead to it by floating point values only, along which a gradient goes back. */
  static Set<String> differentiableSources(SameDiff graph, List<String> from) {
    return sources(graph, from, variable -> variable.dataType().isFPType());
  }

  private static Set<String> sources(
      SameDiff graph, List<String> from, Predicate<SDVariable> followed) {
    Set<String> seen = new LinkedHashSet<>();
    List<String> open = new ArrayList<>(from);
    while (!open.isEmpty()) {
      String name = open.remove(open.size() - 1);
      if (!followed.test(graph.getVariable(name)) || !seen.add(name)) {
        continue;
      }
      DifferentialFunction op = graph.getVariableOutputOp(name);
      if (op != null) {
        String[] sources = op.argNames();
        for (int i = sources.length - 1; i >= 0; i--) {
          open.add(sources[i]);
        }
      }
    }
    return seen;
  }

  /** Names of all values that are made of one by a single operator. */
  static List<String> madeOf(SameDiff graph, String name) {
    List<String> users = graph.getVariables().get(name).getInputsForOp();
    return users == null
        ? List.of()
        : users.stream()
            .flatMap(user -> graph.getOps().get(user).getOutputsOfOp().stream())
            .toList();
  }

  /**
   * How many values a row of a variable has, as far as a bias or a matrix tells; 0 if nothing does.
   */
  static long units(SameDiff graph, SDVariable variable) {
    DifferentialFunction op = graph.getVariableOutputOp(variable.name());
    if (op == null) {
      return 0;
    }
    switch (op.opName()) {
      case "add", "biasadd", "subtract" -> {
        for (SDVariable part : op.args()) {
          long[] shape = held(part) ? part.getArr().shape() : new long[0];
          if (shape.length == 1 && shape[0] > 1) {
            return shape[0];
          }
        }
        return units(graph, op.arg(0));
      }
      case "matmul", "mmul", "xw_plus_b" -> {
        boolean plain = op.opName().equals("xw_plus_b") || !isTransposed(op);
        SDVariable matrix = op.arg(1);
        return plain && held(matrix) && matrix.getArr().rank() == 2 ? matrix.getArr().size(1) : 0;
      }
      case "identity" -> {
        return units(graph, op.arg(0));
      }
      default -> {
        return 0;
      }
    }
  }

  private static boolean isTransposed(DifferentialFunction op) {
    return op instanceof org.nd4j.linalg.api.ops.impl.reduce.Mmul product
        && product.iArgs().length > 1
        && (product.iArgs()[1] != 0 || product.iArgs()[0] != 0);
  }

  /** Whether a variable's numbers are there before a pass. */
  static boolean held(SDVariable variable) {
    VariableType kind = variable.getVariableType();
    return kind == VariableType.VARIABLE || kind == VariableType.CONSTANT;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.impl.shape.Gather;

/**
 * Which placeholders hold whole numbers, and below what: one that selects rows of a matrix has as
 * many values as that has rows. ND4J reads what lies behind them without a word.
 *
 * <p>Threading: stateless.
 */
final class WholeNumbers {

  /** Data is handed over as float32 at the least, which holds whole numbers up to here. */
  private static final long EXACT_IN_FLOAT32 = 1L << 24;

  /** Operators that change no number. */
  private static final Set<String> PASSED =
      Set.of("identity", "cast", "reshape", "expand_dims", "squeeze");

  private WholeNumbers() {}

  /** What a placeholder's numbers are below; empty of one that holds any numbers. */
  static OptionalLong below(SameDiff graph, String placeholder) {
    if (graph.getVariable(placeholder).dataType().isFPType()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(rows(graph, placeholder, new HashSet<>()));
  }

  private static long rows(SameDiff graph, String name, Set<String> seen) {
    long least = EXACT_IN_FLOAT32;
    List<String> users = graph.getVariables().get(name).getInputsForOp();
    if (users == null || !seen.add(name)) {
      return least;
    }
    for (String user : users) {
      DifferentialFunction op = graph.getOps().get(user).getOp();
      String[] args = op.argNames();
      if (op instanceof Gather gather && args.length > 1 && args[1].equals(name)) {
        least = Math.min(least, rows(graph.getVariable(args[0]), axis(gather)));
      } else if (PASSED.contains(op.opName()) && args[0].equals(name)) {
        least = Math.min(least, rows(graph, op.outputVariablesNames()[0], seen));
      }
    }
    return least;
  }

  private static int axis(Gather gather) {
    return gather.numIArguments() == 0 ? 0 : gather.getIArgument(0).intValue();
  }

  private static long rows(SDVariable from, int axis) {
    boolean known = GraphWalk.held(from) && axis >= 0 && axis < from.getArr().rank();
    return known ? from.getArr().size(axis) : EXACT_IN_FLOAT32;
  }
}

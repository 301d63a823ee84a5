/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.settings.UpdaterGroup.Part;
import java.util.Arrays;
import java.util.List;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.Variable;

/**
 * Which kind of parameter a graph's variable is, by what is done with it: a graph has no layers
 * that would say so. A list of numbers that multiplies, or that is added behind such a product, is
 * a normalization's scale or shift; any other list of numbers a bias; the rest are weights.
 *
 * <p>Threading: stateless.
 */
final class ParameterPart {

  private static final String PRODUCT = "multiply";
  private static final String NORMALIZATION = "layer_norm";
  private static final List<String> SUMS = List.of("add", "biasadd");

  private ParameterPart() {}

  static Part of(SameDiff graph, GraphParameter parameter) {
    if (!isList(parameter.shape())) {
      return Part.WEIGHTS;
    }
    return isScale(graph, parameter.name()) || isShift(graph, parameter.name())
        ? Part.NORMALIZATION
        : Part.BIASES;
  }

  private static boolean isList(long[] shape) {
    return Arrays.stream(shape).filter(length -> length > 1).count() <= 1;
  }

  private static boolean isScale(SameDiff graph, String name) {
    return users(graph, name).stream()
        .map(DifferentialFunction::opName)
        .anyMatch(op -> op.equals(PRODUCT) || op.equals(NORMALIZATION));
  }

  private static boolean isShift(SameDiff graph, String name) {
    return users(graph, name).stream()
        .anyMatch(
            op ->
                op.opName().equals(NORMALIZATION)
                    || (SUMS.contains(op.opName())
                        && Arrays.stream(op.argNames()).anyMatch(it -> isScaled(graph, it))));
  }

  /** Whether a value is a product with a list of numbers that is trained. */
  private static boolean isScaled(SameDiff graph, String name) {
    DifferentialFunction made = graph.getVariableOutputOp(name);
    return made != null
        && made.opName().equals(PRODUCT)
        && Arrays.stream(made.args())
            .anyMatch(
                factor ->
                    GraphFile.isTrained(factor)
                        && factor.getArr() != null
                        && isList(factor.getArr().shape()));
  }

  private static List<DifferentialFunction> users(SameDiff graph, String name) {
    Variable variable = graph.getVariables().get(name);
    List<String> ops = variable.getInputsForOp();
    return ops == null
        ? List.of()
        : ops.stream().map(op -> graph.getOps().get(op).getOp()).toList();
  }
}

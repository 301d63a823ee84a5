/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.settings.UpdaterGroup.Part;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * Which kind of parameter a graph's variable is, by what is done with it: a graph has no layers
 * that would say so. A list of numbers that multiplies, or that is added behind such a product, is
 * a normalization's scale or shift; any other list of numbers a bias; the rest are weights. A
 * matrix of one row or column is a list where values are only added to it or multiplied by it one
 * by one.
 *
 * <p>Threading: stateless.
 */
final class ParameterPart {

  private static final String PRODUCT = "multiply";
  private static final String NORMALIZATION = "layer_norm";
  private static final List<String> SUMS = List.of("add", "biasadd");
  private static final Set<String> ONE_BY_ONE =
      Set.of(PRODUCT, NORMALIZATION, "add", "biasadd", "subtract", "divide");
  private static final Set<String> LAYING_OUT =
      Set.of("identity", "reshape", "expand_dims", "squeeze");

  private ParameterPart() {}

  static Part of(GraphModel model, GraphParameter parameter) {
    SameDiff graph = model.graph();
    Set<String> parameters =
        model.parameters().stream().map(GraphParameter::name).collect(Collectors.toSet());
    boolean oneByOne =
        users(graph, parameter.name()).stream().allMatch(op -> ONE_BY_ONE.contains(op.opName()));
    if (!isList(parameter.shape()) || (parameter.shape().length > 1 && !oneByOne)) {
      return Part.WEIGHTS;
    }
    return isScale(graph, parameter.name()) || isShift(graph, parameter.name(), parameters)
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

  private static boolean isShift(SameDiff graph, String name, Set<String> parameters) {
    return users(graph, name).stream()
        .anyMatch(
            op ->
                op.opName().equals(NORMALIZATION)
                    || (SUMS.contains(op.opName())
                        && Arrays.stream(op.argNames())
                            .anyMatch(it -> isScaled(graph, it, parameters))));
  }

  /** Whether a value is a product with a list of numbers that is trained, or frozen. */
  private static boolean isScaled(SameDiff graph, String name, Set<String> parameters) {
    DifferentialFunction made = graph.getVariableOutputOp(name);
    return made != null
        && made.opName().equals(PRODUCT)
        && Arrays.stream(made.args())
            .map(factor -> laidOut(graph, factor))
            .anyMatch(
                factor ->
                    (GraphFile.isTrained(factor) || parameters.contains(factor.name()))
                        && factor.getArr() != null
                        && isList(factor.getArr().shape()));
  }

  /** What a value is, before it was laid out for those that use it. */
  private static SDVariable laidOut(SameDiff graph, SDVariable value) {
    SDVariable from = value;
    DifferentialFunction made = graph.getVariableOutputOp(from.name());
    while (made != null && LAYING_OUT.contains(made.opName())) {
      from = made.arg(0);
      made = graph.getVariableOutputOp(from.name());
    }
    return from;
  }

  /** Operators that use a value, whether as it is or laid out anew. */
  private static List<DifferentialFunction> users(SameDiff graph, String name) {
    List<String> ops = graph.getVariables().get(name).getInputsForOp();
    return ops == null
        ? List.of()
        : ops.stream()
            .map(op -> graph.getOps().get(op).getOp())
            .flatMap(
                op ->
                    LAYING_OUT.contains(op.opName())
                        ? users(graph, op.outputVariablesNames()[0]).stream()
                        : Stream.of(op))
            .toList();
  }
}

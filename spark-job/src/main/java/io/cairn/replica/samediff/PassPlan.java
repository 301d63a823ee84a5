/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;

/**
 * The operators of a pass in the order in which SameDiff has computed them once, to be computed so
 * again. SameDiff finds the order, each operand by its name and the shapes of all outputs anew in
 * every pass, which takes longer than the arithmetic of a small transformer.
 *
 * <p>The order depends on nothing but what is asked for, since graphs with conditions and loops are
 * refused. Shapes are those of the last pass where an operator's operands have the same shapes, and
 * small lists of whole numbers that tell a shape are kept where the shapes that they come from are
 * the same.
 *
 * <p>Threading: that of its session.
 */
final class PassPlan {

  private final PassArrays arrays;
  private final Map<String, INDArray> places;
  private final DropoutMasks masks;
  private final Shortcuts shortcuts;
  private final List<PlannedStep> steps = new ArrayList<>();
  private final List<SDVariable> variables = new ArrayList<>();
  private final Map<String, Integer> slots = new HashMap<>();
  private final List<String> wanted;
  private final Set<String> given;

  /** An operator that has been computed, and the context that it was computed in. */
  record Computed(SameDiffOp op, OpContext context) {}

  private PassPlan(
      PassArrays arrays,
      Map<String, INDArray> places,
      DropoutMasks masks,
      Shortcuts shortcuts,
      List<String> wanted,
      Set<String> given) {
    this.arrays = arrays;
    this.places = places;
    this.masks = masks;
    this.shortcuts = shortcuts;
    this.wanted = wanted;
    this.given = given;
  }

  /**
   * Makes a plan of what SameDiff has done.
   *
   * @param computed in its order
   * @param wanted what was asked for
   * @param given names of the placeholders that had arrays
   * @return nothing if it holds operators that only SameDiff can compute
   */
  static Optional<PassPlan> of(
      SameDiff graph,
      List<Computed> computed,
      List<String> wanted,
      Set<String> given,
      PassArrays arrays,
      Map<String, INDArray> places,
      DropoutMasks masks,
      Shortcuts shortcuts) {
    PassPlan plan =
        new PassPlan(arrays, places, masks, shortcuts, List.copyOf(wanted), Set.copyOf(given));
    return computed.stream().allMatch(it -> PlannedStep.isPossible(it.op(), it.context()))
            && plan.fill(graph, computed)
        ? Optional.of(plan)
        : Optional.empty();
  }

  private boolean fill(SameDiff graph, List<Computed> computed) {
    Map<Integer, PlannedStep> last = new HashMap<>();
    boolean[] fixed = new boolean[graph.variables().size()];
    for (Computed one : computed) {
      List<String> from = one.op().getInputsToOp();
      int[] inputs = from == null ? new int[0] : slots(graph, from);
      int[] outputs = slots(graph, one.op().getOutputsOfOp());
      boolean kept =
          Arrays.stream(outputs).allMatch(slot -> isSmall(variables.get(slot)))
              && (one.op().getOp().opName().equals("shape_of")
                  || (inputs.length > 0
                      && Arrays.stream(inputs)
                          .allMatch(slot -> fixed[slot] || isConstant(variables.get(slot)))));
      PlannedStep step =
          new PlannedStep(
              one.op(), one.context(), inputs, outputs, kept, types(outputs), places(outputs));
      steps.add(step);
      for (int slot : outputs) {
        fixed[slot] = kept;
        last.put(slot, step);
      }
      for (int slot : inputs) {
        last.put(slot, step);
      }
    }
    for (String name : wanted) {
      Integer slot = slots.get(name);
      if (slot == null || variables.get(slot).getVariableType() != VariableType.ARRAY) {
        return false;
      }
      last.remove(slot);
    }
    last.forEach((slot, step) -> step.endsUseOf(slot));
    return variables.stream()
        .allMatch(
            it ->
                it.getVariableType() == VariableType.PLACEHOLDER
                    ? given.contains(it.name())
                    : it.getVariableType() != VariableType.SEQUENCE);
  }

  private boolean isSmall(SDVariable variable) {
    return !wanted.contains(variable.name())
        && (variable.dataType() == DataType.INT64 || variable.dataType() == DataType.INT32);
  }

  private static boolean isConstant(SDVariable variable) {
    return variable.getVariableType() == VariableType.CONSTANT;
  }

  private int[] slots(SameDiff graph, List<String> names) {
    int[] found = new int[names.size()];
    for (int i = 0; i < found.length; i++) {
      found[i] =
          slots.computeIfAbsent(
              names.get(i),
              name -> {
                variables.add(graph.getVariable(name));
                return variables.size() - 1;
              });
    }
    return found;
  }

  private DataType[] types(int[] of) {
    return Arrays.stream(of)
        .mapToObj(slot -> variables.get(slot).dataType())
        .toArray(DataType[]::new);
  }

  private INDArray[] places(int[] of) {
    return Arrays.stream(of)
        .mapToObj(slot -> places.get(variables.get(slot).name()))
        .toArray(INDArray[]::new);
  }

  /** Whether it is one for a pass. */
  boolean isFor(List<String> asked, Set<String> placeholders) {
    return wanted.equals(asked) && given.equals(placeholders);
  }

  /**
   * Computes what it is for.
   *
   * @param placeholders of the names that it is for
   */
  Map<String, INDArray> compute(Map<String, INDArray> placeholders) {
    INDArray[] values = new INDArray[variables.size()];
    boolean[] fresh = new boolean[values.length];
    List<INDArray> cast = new ArrayList<>();
    for (int slot = 0; slot < values.length; slot++) {
      SDVariable variable = variables.get(slot);
      switch (variable.getVariableType()) {
        case CONSTANT, VARIABLE -> values[slot] = variable.getArr();
        case PLACEHOLDER -> {
          INDArray array = placeholders.get(variable.name());
          values[slot] = array;
          fresh[slot] = true;
          if (array.dataType() != variable.dataType()) {
            values[slot] = array.castTo(variable.dataType());
            cast.add(values[slot]);
          }
        }
        default -> {
          // An operator will compute it.
        }
      }
    }
    for (PlannedStep step : steps) {
      step.compute(values, fresh, placeholders, arrays, masks, shortcuts);
    }
    cast.forEach(INDArray::close);
    Map<String, INDArray> found = new LinkedHashMap<>();
    wanted.forEach(name -> found.put(name, values[slots.get(name)]));
    return found;
  }

  /** Frees what it has kept. */
  void close() {
    steps.forEach(PlannedStep::close);
  }
}

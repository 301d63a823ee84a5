/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.samediff.PassPlan.Computed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.config.ExecutionResult;
import org.nd4j.autodiff.samediff.config.SDValue;
import org.nd4j.autodiff.samediff.internal.FrameIter;
import org.nd4j.autodiff.samediff.internal.InferenceSession;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Computes a graph again and again, with the arrays of one pass used for the next. Each gradient is
 * computed into its place in a vector. SameDiff computes the first pass of those that ask for the
 * same; the others follow its order ({@link PassPlan}).
 *
 * <p>SameDiff's own way holds on to what every pass leaves: a session remembers the arrays it has
 * freed, a megabyte a pass, and {@code calculateGradients} uses no array twice.
 *
 * <p>Owned by whoever makes it, who closes it; its arrays are freed by that.
 *
 * <p>Threading: one thread. Several sessions need a graph each, since operators keep arguments of a
 * pass.
 *
 * <p>Failure: SameDiff's own. The session is then of no use any more.
 */
final class GraphSession extends InferenceSession implements AutoCloseable {

  private final Map<String, INDArray> places;
  private final Operation operation;
  private final DropoutMasks masks;
  private final PassArrays arrays = new PassArrays();
  private final Shortcuts shortcuts;
  private final List<Computed> computed = new ArrayList<>();
  private Set<String> required = Set.of();
  private Optional<PassPlan> plan = Optional.empty();

  /** For values alone, of which nothing is dropped. */
  GraphSession(SameDiff graph) {
    this(graph, Map.of(), Operation.INFERENCE, new DropoutMasks(List.of(), GraphFile.type(graph)));
  }

  /**
   * @param graph as it computes
   * @param places by the name of a gradient's variable: the array that it is put into
   * @param operation whether it is trained
   * @param masks what passes drop
   */
  GraphSession(
      SameDiff graph, Map<String, INDArray> places, Operation operation, DropoutMasks masks) {
    super(graph);
    setMmgr(arrays);
    this.shortcuts = new Shortcuts(graph, arrays, this::isWanted);
    this.places = places;
    this.operation = operation;
    this.masks = masks;
  }

  /**
   * Computes variables.
   *
   * @param placeholders borrowed until return
   * @return new arrays of the caller's
   */
  Map<String, INDArray> compute(List<String> variables, Map<String, INDArray> placeholders) {
    List<String> wanted = new ArrayList<>(places.keySet());
    wanted.addAll(variables);
    required = new LinkedHashSet<>(wanted);
    masks.begin();
    Map<String, INDArray> found;
    try {
      found =
          plan.isPresent() && plan.get().isFor(wanted, placeholders.keySet())
              ? plan.get().compute(placeholders)
              : first(wanted, placeholders);
    } finally {
      masks.end();
    }
    Map<String, INDArray> copies = new LinkedHashMap<>();
    variables.forEach(name -> copies.put(name, found.get(name).dup('c')));
    for (Map.Entry<String, INDArray> each : found.entrySet()) {
      INDArray array = each.getValue();
      if (!arrays.gave(array)
          && array.closeable()
          && array != places.get(each.getKey())
          && placeholders.values().stream().noneMatch(it -> it == array)) {
        array.close();
      }
    }
    arrays.endPass();
    return copies;
  }

  /** SameDiff computes it, and the order in which it does that is kept. */
  private Map<String, INDArray> first(List<String> wanted, Map<String, INDArray> placeholders) {
    plan.ifPresent(PassPlan::close);
    freedArrays.clear();
    computed.clear();
    Map<String, INDArray> found =
        output(wanted, placeholders, null, required, null, At.defaultAt(operation));
    plan =
        PassPlan.of(
            sameDiff, computed, wanted, placeholders.keySet(), arrays, places, masks, shortcuts);
    computed.clear();
    return found;
  }

  @Override
  public ExecutionResult getOutputs(
      Pair<SameDiffOp, OpContext> op,
      FrameIter frame,
      Set<VarId> inputs,
      Set<VarId> allInputs,
      Set<String> constants,
      List<Listener> listeners,
      At at,
      MultiDataSet batch,
      Set<String> asked,
      Map<String, SDValue> others) {
    List<String> names = op.getFirst().getOutputsOfOp();
    OpContext context = op.getSecond();
    computed.add(new Computed(op.getFirst(), context));
    for (int i = 0; i < names.size() && context != null; i++) {
      INDArray place = places.get(names.get(i));
      INDArray output = context.getOutputArray(i);
      // Some operators hand on what they are given.
      if (place != null
          && arrays.gave(output)
          && isLike(place, output)
          && context.getInputArrays().stream().noneMatch(it -> it == output)) {
        arrays.release(output);
        context.setOutputArray(i, place);
      }
    }
    ExecutionResult result =
        super.getOutputs(
            op, frame, inputs, allInputs, constants, listeners, at, batch, asked, others);
    for (int i = 0; i < names.size(); i++) {
      INDArray place = places.get(names.get(i));
      INDArray gradient = place == null ? null : result.resultAt(i);
      if (gradient != place) {
        place.assign(isLike(place, gradient) ? gradient : gradient.reshape(place.shape()));
      }
    }
    return result;
  }

  private static boolean isLike(INDArray one, INDArray other) {
    return one.dataType() == other.dataType() && Arrays.equals(one.shape(), other.shape());
  }

  @Override
  public ExecutionResult doExec(
      DifferentialFunction op,
      OpContext context,
      FrameIter frame,
      Set<VarId> inputs,
      Set<VarId> allInputs,
      Set<String> constants,
      Map<String, SDValue> others) {
    return context != null && shortcuts.compute(op, context)
        ? ExecutionResult.createFrom(op, context)
        : super.doExec(op, context, frame, inputs, allInputs, constants, others);
  }

  /** Whether a variable is asked for, or an operator of this pass reads it. */
  private boolean isWanted(String variable) {
    List<String> readers = sameDiff.getVariables().get(variable).getInputsForOp();
    return required.contains(variable)
        || (readers != null && readers.stream().anyMatch(subgraphOps::contains));
  }

  /** Its output's shape is computed here, by native code. */
  @Override
  public Pair<SameDiffOp, OpContext> getAndParameterizeOp(
      String name,
      FrameIter frame,
      Set<VarId> inputs,
      Set<VarId> allInputs,
      Set<String> constants,
      Map<String, INDArray> placeholders,
      Set<String> asked,
      Map<String, SDValue> others) {
    SameDiffOp next = sameDiff.getOps().get(name);
    DifferentialFunction op = next.getOp();
    List<INDArray> given = new ArrayList<>();
    List<String> from = next.getInputsToOp();
    for (int i = 0; from != null && i < from.size(); i++) {
      SDVariable variable = sameDiff.getVariable(from.get(i));
      given.add(
          switch (variable.getVariableType()) {
            case CONSTANT, VARIABLE -> getConstantOrVariable(variable.name());
            case PLACEHOLDER -> placeholders.get(variable.name());
            case ARRAY -> getArray(variable, inputs, allInputs);
            case SEQUENCE -> null; // refused where files are read
          });
    }
    PassGuard.require(op, given);
    arrays.next(op.getOwnName() + " (" + op.opName() + ")", PassGuard.isWindow(op));
    Map<String, INDArray> read = masks.in(placeholders, from, given);
    return super.getAndParameterizeOp(
        name, frame, inputs, allInputs, constants, read, asked, others);
  }

  /** Bytes of the arrays that are kept for the next pass, and of those that it draws anew. */
  long heldBytes() {
    return arrays.freeBytes() + masks.bytes();
  }

  @Override
  public void close() {
    plan.ifPresent(PassPlan::close);
    plan = Optional.empty();
    arrays.close();
  }
}

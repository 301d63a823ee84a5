/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.serde.FlatBuffersMapper;
import org.nd4j.graph.FlatArray;
import org.nd4j.graph.FlatGraph;
import org.nd4j.graph.FlatNode;
import org.nd4j.graph.FlatProperties;
import org.nd4j.graph.FlatVariable;
import org.nd4j.graph.IntPair;
import org.nd4j.graph.UpdaterState;

/**
 * Checks what a SameDiff file says, before ND4J makes arrays of it: names, types, arrays, operators
 * and what they are connected to. The file's structure has been checked by {@link FlatStructure}.
 *
 * <p>Used once.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link DamagedFileException}.
 */
final class FlatGraphCheck {

  private final FlatGraph graph;
  private final Map<String, FlatVariable> variables = new HashMap<>();
  private final Map<Long, String> byPlace = new HashMap<>();
  private final Map<String, Integer> nodes = new HashMap<>();

  private FlatGraphCheck(FlatGraph graph) {
    this.graph = graph;
  }

  static void require(FlatGraph graph) {
    FlatGraphCheck check = new FlatGraphCheck(graph);
    check.variables();
    check.nodes();
    check.order();
    check.rest();
  }

  private void variables() {
    for (int i = 0; i < graph.variablesLength(); i++) {
      FlatVariable variable = graph.variables(i);
      String name = named(variable.name(), "a variable");
      String what = "variable " + name;
      if (variables.put(name, variable) != null) {
        throw new DamagedFileException("it has two variables called " + name);
      }
      int kind = variable.variabletype();
      if (kind < 0 || kind > VariableType.PLACEHOLDER.ordinal()) {
        throw new DamagedFileException(what + " is of an unknown kind");
      }
      FlatArrays.type(what, variable.dtype());
      for (int d = 0; d < variable.shapeLength(); d++) {
        if (variable.shape(d) < -1 || variable.shape(d) > Integer.MAX_VALUE) {
          throw new DamagedFileException(what + " has a dimension of " + variable.shape(d));
        }
      }
      array(what, VariableType.values()[kind], variable);
      if (variable.id() == null) {
        throw new DamagedFileException(what + " has no number");
      }
      byPlace.put(place(variable.id()), name);
      if (variable.controlDepsLength() > 0
          || variable.controlDepForOpLength() > 0
          || variable.controlDepsForVarLength() > 0) {
        throw new DamagedFileException(what + " has control dependencies, which are not supported");
      }
    }
  }

  private static void array(String what, VariableType kind, FlatVariable variable) {
    FlatArray array = variable.ndarray();
    boolean wanted = kind == VariableType.VARIABLE || kind == VariableType.CONSTANT;
    if (wanted && array == null) {
      throw new DamagedFileException(what + " has no values");
    }
    if (array != null) {
      FlatArrays.require(what, array);
      if (wanted && array.dtype() != variable.dtype()) {
        throw new DamagedFileException(what + " is of two types");
      }
    }
  }

  private void nodes() {
    for (int i = 0; i < graph.nodesLength(); i++) {
      FlatNode node = graph.nodes(i);
      String name = named(node.name(), "an operator");
      String what = "operator " + name;
      if (nodes.put(name, i) != null) {
        throw new DamagedFileException("it has two operators called " + name);
      }
      if (node.scalar() != null) {
        FlatArrays.require(what, node.scalar());
      }
      for (int p = 0; p < node.propertiesLength(); p++) {
        property(what, node.properties(p));
      }
      if (node.controlDepsLength() > 0
          || node.varControlDepsLength() > 0
          || node.controlDepForLength() > 0) {
        throw new DamagedFileException(what + " has control dependencies, which are not supported");
      }
      Operators.requireKnown(name, node);
      mapped(what, node);
      for (int input = 0; input < node.inputPairedLength(); input++) {
        if (!byPlace.containsKey(place(node.inputPaired(input)))) {
          throw new DamagedFileException(what + " reads a variable that is not there");
        }
      }
      for (int output = 0; output < node.outputNamesLength(); output++) {
        String to = named(node.outputNames(output), "an output of " + what);
        FlatVariable variable = variables.get(to);
        if (variable == null || variable.variabletype() != VariableType.ARRAY.ordinal()) {
          throw new DamagedFileException(what + " writes to a variable that is not there");
        }
      }
    }
  }

  private static void property(String what, FlatProperties property) {
    named(property.name(), "a property of " + what);
    for (int a = 0; a < property.aLength(); a++) {
      FlatArrays.require(what, property.a(a));
    }
    long product = 1;
    for (int s = 0; s < property.shapeLength(); s++) {
      product *= Math.max(1, property.shape(s));
      if (property.shape(s) < 0 || product > Integer.MAX_VALUE) {
        throw new DamagedFileException(what + " has a property of an impossible shape");
      }
    }
    long held =
        Math.max(
            Math.max(property.iLength(), property.lLength()),
            Math.max(property.dLength(), Math.max(property.bLength(), property.sLength())));
    if (property.shapeLength() > 0 && product > Math.max(1, held)) {
      throw new DamagedFileException(what + " has a property that is shorter than its shape");
    }
  }

  /** That ND4J understands it; nothing of it is kept. */
  private static void mapped(String what, FlatNode node) {
    try {
      FlatBuffersMapper.fromFlatNode(node);
    } catch (RuntimeException | LinkageError e) {
      throw new DamagedFileException(
          "%s (%s) is none that ND4J understands".formatted(what, node.opName()), e);
    }
  }

  /** That no operator waits for itself. */
  private void order() {
    Map<String, List<String>> readers = new HashMap<>();
    Map<String, Integer> missing = new HashMap<>();
    for (int i = 0; i < graph.nodesLength(); i++) {
      FlatNode node = graph.nodes(i);
      Set<String> inputs = new HashSet<>();
      for (int input = 0; input < node.inputPairedLength(); input++) {
        String from = byPlace.get(place(node.inputPaired(input)));
        if (variables.get(from).variabletype() == VariableType.ARRAY.ordinal()) {
          inputs.add(from);
        }
      }
      missing.put(node.name(), inputs.size());
      inputs.forEach(
          from -> readers.computeIfAbsent(from, key -> new ArrayList<>()).add(node.name()));
    }
    Deque<String> ready = new ArrayDeque<>();
    missing.forEach(
        (name, count) -> {
          if (count == 0) {
            ready.add(name);
          }
        });
    int done = 0;
    while (!ready.isEmpty()) {
      FlatNode node = graph.nodes(nodes.get(ready.remove()));
      done++;
      for (int output = 0; output < node.outputNamesLength(); output++) {
        for (String reader : readers.getOrDefault(node.outputNames(output), List.of())) {
          if (missing.merge(reader, -1, Integer::sum) == 0) {
            ready.add(reader);
          }
        }
      }
    }
    if (done < graph.nodesLength()) {
      throw new DamagedFileException("its operators wait for each other, or for nothing");
    }
  }

  private void rest() {
    for (int i = 0; i < graph.lossVariablesLength(); i++) {
      if (!variables.containsKey(named(graph.lossVariables(i), "a loss"))) {
        throw new DamagedFileException("its loss is a variable that is not there");
      }
    }
    for (int i = 0; i < graph.placeholdersLength(); i++) {
      FlatVariable variable = variables.get(named(graph.placeholders(i), "a placeholder"));
      if (variable == null || variable.variabletype() != VariableType.PLACEHOLDER.ordinal()) {
        throw new DamagedFileException("it names a placeholder that is none");
      }
    }
    for (int i = 0; i < graph.updaterStateLength(); i++) {
      UpdaterState state = graph.updaterState(i);
      String of = named(state.paramName(), "an updater's state");
      if (!variables.containsKey(of)
          || state.updaterStateKeysLength() != state.updaterStateValuesLength()) {
        throw new DamagedFileException("the updater's state of " + of + " does not fit");
      }
      for (int j = 0; j < state.updaterStateValuesLength(); j++) {
        named(state.updaterStateKeys(j), "the updater's state of " + of);
        FlatArrays.require("the updater's state of " + of, state.updaterStateValues(j));
      }
    }
  }

  private static String named(String name, String what) {
    if (name == null || name.isEmpty()) {
      throw new DamagedFileException(what + " has no name");
    }
    return name;
  }

  private static long place(IntPair pair) {
    return ((long) pair.first() << 32) | Integer.toUnsignedLong(pair.second());
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * What settings may call a graph's parameter: its name, and what stands before the last dot or
 * slash. PyTorch's exporter gives a matrix that it has transposed a number for a name ({@code
 * onnx::MatMul_512}), and the product that it goes into the name of the layer ({@code
 * /encoder/query/MatMul_output_0}): such a matrix is called {@code encoder.query.weight} too.
 *
 * <p>Threading: stateless.
 */
final class ParameterNames {

  private static final String NUMBERED = "onnx::";
  private static final String WEIGHT = ".weight";

  private ParameterNames() {}

  /** All that a pattern may fit: names of layers first. */
  static List<String> of(SameDiff graph, GraphParameter parameter) {
    List<String> names = new ArrayList<>();
    layerOfNumbered(graph, parameter)
        .ifPresent(
            layer -> {
              names.add(layer);
              names.add(layer + WEIGHT);
            });
    if (!parameter.layer().isEmpty()) {
      names.add(parameter.layer());
    }
    names.add(parameter.name());
    return names;
  }

  /** The layer for a person; the name itself where there is none. */
  static String layer(SameDiff graph, GraphParameter parameter) {
    return of(graph, parameter).get(0);
  }

  /** A name for a person, with the layer of a numbered matrix. */
  static String described(SameDiff graph, GraphParameter parameter) {
    return layerOfNumbered(graph, parameter)
        .map(layer -> "%s (%s%s)".formatted(parameter.name(), layer, WEIGHT))
        .orElse(parameter.name());
  }

  private static Optional<String> layerOfNumbered(SameDiff graph, GraphParameter parameter) {
    if (!parameter.name().startsWith(NUMBERED)) {
      return Optional.empty();
    }
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(parameter.name()));
    while (!open.isEmpty()) {
      for (String made : GraphWalk.madeOf(graph, open.remove())) {
        int end = made.lastIndexOf('/');
        if (end > 0) {
          return Optional.of(made.substring(made.startsWith("/") ? 1 : 0, end).replace('/', '.'));
        }
        // A result that the exporter did not name is a step of one operator.
        if (end < 0 && seen.add(made)) {
          open.add(made);
        }
      }
    }
    return Optional.empty();
  }
}

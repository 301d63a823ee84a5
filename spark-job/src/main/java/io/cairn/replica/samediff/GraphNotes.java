/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.samediff.GraphParameter.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What becomes of a graph's variables, for a person.
 *
 * <p>Threading: stateless.
 */
public final class GraphNotes {

  private GraphNotes() {}

  /** A sentence each of what is trained, what is frozen, and what no gradient reaches. */
  public static List<String> of(GraphModel model) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "%d variables are trained: %s"
            .formatted(model.trained().size(), names(model, model.trained())));
    List<GraphParameter> frozen =
        model.parameters().stream().filter(it -> it.use() == Use.FROZEN).toList();
    if (!frozen.isEmpty()) {
      notes.add(
          "%d variables, with %,d of %,d parameters, are frozen: they stay as they are, and take no part in sums between workers: %s"
              .formatted(
                  frozen.size(),
                  frozen.stream().mapToLong(GraphParameter::length).sum(),
                  model.parameterCount(),
                  names(model, frozen)));
    }
    if (!model.untrained().isEmpty()) {
      notes.add(
          "the loss does not depend on these variables, which stay as they are: "
              + String.join(", ", model.untrained()));
    }
    return notes;
  }

  private static String names(GraphModel model, List<GraphParameter> parameters) {
    return parameters.stream()
        .map(it -> ParameterNames.described(model.graph(), it))
        .collect(Collectors.joining(", "));
  }
}

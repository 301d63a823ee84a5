/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.ModelException;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.NamePattern;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * Which parameters of a graph {@code model.fine-tune} freezes. {@code freeze} has patterns for
 * their names, as groups of optimizers have. {@code freeze-until} names a value, a parameter or a
 * layer: all parameters that it is made of are frozen. A layer's values are those in which its
 * parameters meet the data.
 *
 * <p>Used once.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} for a name that fits nothing, and where nothing is left.
 */
public final class GraphFreezing {

  private final GraphModel model;
  private final SameDiff graph;
  private final String name;

  /**
   * A graph's.
   *
   * @param name the model's, for errors
   */
  public GraphFreezing(GraphModel model, String name) {
    this.model = model;
    this.graph = model.graph();
    this.name = name;
  }

  /** Names of parameters that stay as they are; they may be frozen already. */
  public Set<String> wanted(FineTuneSettings settings) {
    Set<String> wanted = new LinkedHashSet<>();
    settings.freezeUntil().ifPresent(last -> wanted.addAll(until(last)));
    for (String pattern : settings.freeze()) {
      wanted.addAll(fitting(pattern));
    }
    model
        .roles()
        .head()
        .filter(head -> settings.output().isPresent())
        .filter(head -> wanted.contains(head.weight()) || wanted.contains(head.bias()))
        .ifPresent(
            head -> {
              throw new ModelException(
                  "model.fine-tune: %s and %s are new and would stay as they were drawn; leave them out of freeze"
                      .formatted(head.weight(), head.bias()));
            });
    if (model.trained().stream().allMatch(it -> wanted.contains(it.name()))) {
      throw new ModelException(
          "model.fine-tune freezes every variable of %s that is trained: nothing is left to train"
              .formatted(name));
    }
    return wanted;
  }

  private Set<String> fitting(String pattern) {
    Set<String> fitting =
        model.parameters().stream()
            .filter(
                it ->
                    ParameterNames.of(graph, it).stream()
                        .anyMatch(called -> NamePattern.matches(pattern, called)))
            .map(GraphParameter::name)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    if (fitting.isEmpty() && !fitsUntrained(pattern)) {
      throw new ModelException(
          "model.fine-tune.freeze: '%s' fits no variable of %s, which has %s"
              .formatted(pattern, name, names()));
    }
    return fitting;
  }

  /** What no gradient reaches stays as it is, whether it is asked to or not. */
  private boolean fitsUntrained(String pattern) {
    return model.untrained().stream()
        .anyMatch(
            variable -> {
              int cut = Math.max(variable.lastIndexOf('.'), variable.lastIndexOf('/'));
              return NamePattern.matches(pattern, variable)
                  || NamePattern.matches(pattern, variable.substring(0, Math.max(0, cut)));
            });
  }

  private Set<String> until(String last) {
    List<GraphParameter> own = model.parameters().stream().filter(it -> isOf(last, it)).toList();
    Set<String> values = new LinkedHashSet<>();
    if (!own.isEmpty()) {
      Set<String> ofData = ofData();
      own.forEach(it -> values.addAll(meeting(it.name(), ofData)));
    } else if (graph.hasVariable(last)) {
      values.add(last);
    } else {
      throw new ModelException(
          "model.fine-tune.freeze-until = %s: %s has no variable, layer or value of that name; it has %s"
              .formatted(last, name, names()));
    }
    Set<String> sources = new HashSet<>();
    values.forEach(value -> sources.addAll(GraphWalk.sources(graph, value)));
    Set<String> until = new LinkedHashSet<>();
    model.parameters().stream()
        .map(GraphParameter::name)
        .filter(sources::contains)
        .forEach(until::add);
    if (until.isEmpty()) {
      throw new ModelException(
          "model.fine-tune.freeze-until = %s: nothing that %s trains goes into it"
              .formatted(last, name));
    }
    return until;
  }

  /** Whether a parameter is the named one, or of the named layer, or of one inside it. */
  private boolean isOf(String layer, GraphParameter parameter) {
    return ParameterNames.of(graph, parameter).stream()
        .anyMatch(
            it -> it.equals(layer) || it.startsWith(layer + ".") || it.startsWith(layer + "/"));
  }

  /** All that is made of placeholders. */
  private Set<String> ofData() {
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>();
    graph.variables().stream().filter(SDVariable::isPlaceHolder).forEach(it -> open.add(it.name()));
    while (!open.isEmpty()) {
      String next = open.remove();
      if (seen.add(next)) {
        open.addAll(GraphWalk.madeOf(graph, next));
      }
    }
    return seen;
  }

  /** The first values that are made of a parameter and of data. */
  private Set<String> meeting(String parameter, Set<String> ofData) {
    Set<String> found = new LinkedHashSet<>(Set.of(parameter));
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(parameter));
    while (!open.isEmpty()) {
      for (String made : GraphWalk.madeOf(graph, open.remove())) {
        if (ofData.contains(made)) {
          found.add(made);
        } else if (seen.add(made)) {
          open.add(made);
        }
      }
    }
    return found;
  }

  private String names() {
    return model.parameters().stream()
        .map(it -> ParameterNames.described(graph, it))
        .collect(Collectors.joining(", "));
  }
}

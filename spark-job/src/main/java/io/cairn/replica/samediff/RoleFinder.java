/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.GraphWishes;
import io.cairn.replica.GraphWishes.NewOutput;
import io.cairn.replica.samediff.GraphRoles.Dropout;
import io.cairn.replica.samediff.GraphRoles.Extent;
import io.cairn.replica.samediff.GraphRoles.LabelForm;
import io.cairn.replica.samediff.GraphRoles.Normaliser;
import io.cairn.replica.samediff.GraphRoles.Output;
import io.cairn.replica.samediff.GraphRoles.Reduction;
import io.cairn.replica.samediff.GraphRoles.Score;
import io.cairn.replica.samediff.GraphRoles.Weights;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.NormaliseBy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.loss.BaseLoss;
import org.nd4j.linalg.api.ops.impl.loss.LogLoss;
import org.nd4j.linalg.api.ops.impl.loss.SigmoidCrossEntropyLoss;
import org.nd4j.linalg.api.ops.impl.loss.SoftmaxCrossEntropyLoss;
import org.nd4j.linalg.api.ops.impl.loss.SoftmaxCrossEntropyWithLogitsLoss;
import org.nd4j.linalg.api.ops.impl.loss.SparseSoftmaxCrossEntropyLossWithLogits;

/**
 * Finds out what a graph's placeholders and variables are for: by its loss and its {@code
 * TrainingConfig}, or by the settings.
 *
 * <p>Used once.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link RefusedGraphException} that says which setting would tell.
 */
final class RoleFinder {

  private final SameDiff graph;
  private final GraphSettings settings;
  private final GraphWishes wishes;
  private final TrainingConfig config;
  private final List<Dropout> dropouts;

  /**
   * @param dropouts whose masks are placeholders of the graph
   */
  RoleFinder(SameDiff graph, GraphWishes wishes, List<Dropout> dropouts) {
    this.graph = graph;
    this.dropouts = dropouts;
    this.settings = wishes.settings();
    this.wishes = wishes;
    this.config = graph.getTrainingConfig();
  }

  /** Finds them; adds the loss that the settings ask for. */
  GraphRoles find() {
    return found().withDropouts(dropouts);
  }

  private GraphRoles found() {
    if (wishes.newOutput().isPresent()) {
      return withNewOutput(wishes.newOutput().get());
    }
    if (settings.loss().isPresent()) {
      SDVariable output = settings.output().map(this::variable).orElseGet(this::onlyEnd);
      return new GivenLoss(
              graph, GraphFile.type(graph), output, settings.loss().get(), wishes.classes())
          .add(
              inputs(GraphWalk.sources(graph, output.name())),
              GraphWalk.units(graph, output),
              settings.normaliseBy());
    }
    adoptLoss();
    OwnLoss.Found loss = OwnLoss.of(graph);
    List<Compared> pairs = pairs();
    Set<String> before = new LinkedHashSet<>();
    pairs.forEach(pair -> before.addAll(GraphWalk.sources(graph, pair.output().name())));
    List<String> inputs = inputs(before);
    Optional<Weights> weights = weights(loss.operators());
    List<Output> outputs = pairs.stream().map(pair -> output(pair, before, weights)).toList();
    requireNoneLeft(inputs, outputs, weights);
    return new GraphRoles(
        inputs, outputs, weights, loss.reduction(), normaliser(loss.reduction(), outputs));
  }

  private GraphRoles withNewOutput(NewOutput wanted) {
    if (settings.output().isEmpty()) {
      throw new RefusedGraphException(
          "model.fine-tune.replace-output: model.output names the value of the graph that the new output reads, such as last_hidden_state; nothing reads "
              + ends());
    }
    if (settings.loss().isEmpty()) {
      throw new RefusedGraphException(
          "model.fine-tune.replace-output: model.loss = sparse, softmax-cross-entropy, sigmoid, mse or token-cross-entropy says how the new output is compared with labels");
    }
    DataType type = GraphFile.type(graph);
    NewHead added = new NewHead(graph, type, wanted, settings.loss().get(), wishes.classes());
    GraphHead head = added.on(variable(settings.output().get()));
    SDVariable output = graph.getVariable(head.output());
    OptionalInt classes = OptionalInt.of(Math.toIntExact(head.units()));
    GraphRoles roles =
        new GivenLoss(graph, type, output, settings.loss().get(), classes)
            .add(
                inputs(GraphWalk.sources(graph, output.name())),
                head.units(),
                settings.normaliseBy());
    if (config != null) {
      config.setDataSetFeatureMapping(roles.inputs());
      config.setDataSetLabelMapping(List.of(roles.outputs().get(0).label()));
      config.setLossVariables(List.copyOf(graph.getLossVariables()));
    }
    return roles.withHead(head);
  }

  /** The loss that a {@code TrainingConfig} names, where the graph has none. */
  private void adoptLoss() {
    boolean named = config != null && config.getLossVariables() != null;
    if (graph.getLossVariables().isEmpty() && named && !config.getLossVariables().isEmpty()) {
      List<String> losses = config.getLossVariables();
      losses.forEach(this::variable);
      graph.setLossVariables(losses.toArray(String[]::new));
    }
    if (graph.getLossVariables().isEmpty()) {
      throw new RefusedGraphException(
          "the graph has no loss; model.loss = softmax-cross-entropy, sparse, sigmoid, mse or token-cross-entropy gives it one, and model.output names the variable that it compares with labels");
    }
  }

  private SDVariable variable(String name) {
    if (!graph.hasVariable(name)) {
      throw new RefusedGraphException(
          "model.output = %s: the graph has no variable of that name; nothing reads %s"
              .formatted(name, ends()));
    }
    SDVariable variable = graph.getVariable(name);
    if (!variable.dataType().isFPType()) {
      throw new RefusedGraphException(
          "variable %s is of %s; an output is of floating point numbers"
              .formatted(name, variable.dataType()));
    }
    return variable;
  }

  private List<String> ends() {
    return graph.variables().stream()
        .filter(variable -> variable.getVariableType() == VariableType.ARRAY)
        .filter(variable -> variable.dataType().isFPType())
        .map(SDVariable::name)
        .filter(name -> !graph.getLossVariables().contains(name))
        .filter(
            name -> {
              List<String> readers = graph.getVariables().get(name).getInputsForOp();
              return readers == null || readers.isEmpty();
            })
        .toList();
  }

  private SDVariable onlyEnd() {
    List<String> ends = ends();
    if (ends.size() != 1) {
      throw new RefusedGraphException(
          "which variable is the model's output? model.output names it; variables that nothing reads: %s"
              .formatted(ends));
    }
    return graph.getVariable(ends.get(0));
  }

  /** An output, its labels, and the operator that compares them, if it is one of SameDiff's. */
  private record Compared(SDVariable output, SDVariable label, DifferentialFunction by) {}

  private List<Compared> pairs() {
    List<Compared> pairs = new ArrayList<>();
    Set<String> seen = new LinkedHashSet<>();
    for (String loss : graph.getLossVariables()) {
      for (String name : GraphWalk.sources(graph, loss)) {
        DifferentialFunction op = graph.getVariableOutputOp(name);
        if (op != null && Operators.ignoresGradient(op) && seen.add(op.getOwnName())) {
          compared(op).ifPresent(pairs::add);
        }
      }
    }
    if (settings.output().isPresent() && pairs.size() <= 1) {
      SDVariable output = variable(settings.output().get());
      DifferentialFunction by = pairs.isEmpty() ? null : pairs.get(0).by();
      return List.of(new Compared(output, onlyLabel(output), by));
    }
    if (settings.output().isPresent()) {
      throw new RefusedGraphException(
          "model.output = %s: the loss compares several outputs with labels (%s), and all of them are trained; leave model.output out"
              .formatted(
                  settings.output().get(),
                  pairs.stream()
                      .map(pair -> pair.output().name())
                      .collect(Collectors.joining(", "))));
    }
    if (pairs.isEmpty()) {
      throw new RefusedGraphException(
          "its loss is none of SameDiff's own, so that it does not tell the output from the rest; model.output names it");
    }
    return inOrder(pairs);
  }

  /** As {@code SameDiff.fit} takes labels; else as the loss adds them. */
  private List<Compared> inOrder(List<Compared> pairs) {
    List<String> mapped = config == null ? null : config.getDataSetLabelMapping();
    boolean covers =
        mapped != null && pairs.stream().allMatch(pair -> mapped.contains(pair.label().name()));
    return covers
        ? pairs.stream()
            .sorted(Comparator.comparingInt(pair -> mapped.indexOf(pair.label().name())))
            .toList()
        : pairs;
  }

  private Optional<Compared> compared(DifferentialFunction op) {
    if (op instanceof BaseLoss) {
      return placeholder(op.arg(2)).map(label -> new Compared(op.arg(0), label, op));
    }
    if (op instanceof SparseSoftmaxCrossEntropyLossWithLogits) {
      boolean labelsFirst = op.arg(0).dataType().isIntType();
      SDVariable label = op.arg(labelsFirst ? 0 : 1);
      SDVariable logits = op.arg(labelsFirst ? 1 : 0);
      return placeholder(label).map(it -> new Compared(logits, it, op));
    }
    if (op instanceof SoftmaxCrossEntropyWithLogitsLoss) {
      return placeholder(op.arg(1)).map(label -> new Compared(op.arg(0), label, op));
    }
    return Optional.empty();
  }

  /** The only placeholder that something is made of. */
  private Optional<SDVariable> placeholder(SDVariable from) {
    List<SDVariable> found =
        GraphWalk.sources(graph, from.name()).stream()
            .map(graph::getVariable)
            .filter(SDVariable::isPlaceHolder)
            .toList();
    return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
  }

  private SDVariable onlyLabel(SDVariable output) {
    Set<String> before = GraphWalk.sources(graph, output.name());
    Set<String> weights = new LinkedHashSet<>();
    weights(OwnLoss.of(graph).operators()).ifPresent(it -> weights.add(it.name()));
    List<SDVariable> labels =
        graph.getLossVariables().stream()
            .flatMap(loss -> GraphWalk.sources(graph, loss).stream())
            .distinct()
            .map(graph::getVariable)
            .filter(SDVariable::isPlaceHolder)
            .filter(it -> !before.contains(it.name()) && !weights.contains(it.name()))
            .toList();
    if (labels.size() != 1) {
      throw new RefusedGraphException(
          "the loss compares %s with %s; one placeholder of labels is supported"
              .formatted(output.name(), labels.stream().map(SDVariable::name).toList()));
    }
    return labels.get(0);
  }

  private List<String> inputs(Set<String> before) {
    List<String> inputs =
        graph.variables().stream()
            .filter(SDVariable::isPlaceHolder)
            .map(SDVariable::name)
            .filter(before::contains)
            .filter(name -> !isMask(name))
            .toList();
    // Two inputs of one shape may be taken for each other: columns of their names tell.
    boolean byName = Set.copyOf(wishes.columns()).equals(Set.copyOf(inputs));
    if (byName && wishes.columns().size() == inputs.size()) {
      return wishes.columns();
    }
    List<String> mapped = config == null ? null : config.getDataSetFeatureMapping();
    List<String> ordered =
        mapped != null && Set.copyOf(mapped).equals(Set.copyOf(inputs)) ? mapped : inputs;
    GraphRoles.requireNoOthersName(ordered, wishes.columns());
    return ordered;
  }

  private boolean isMask(String placeholder) {
    return dropouts.stream().anyMatch(dropout -> dropout.mask().equals(placeholder));
  }

  private Optional<Weights> weights(List<BaseLoss> losses) {
    Optional<SDVariable> found = OwnLoss.weights(graph, losses);
    List<String> masks = config == null ? null : config.getDataSetLabelMaskMapping();
    if (found.isEmpty() && masks != null) {
      found =
          masks.stream()
              .filter(Objects::nonNull)
              .filter(graph::hasVariable)
              .map(graph::getVariable)
              .filter(SDVariable::isPlaceHolder)
              .findFirst();
    }
    return found.map(
        it -> {
          long[] shape = it.placeholderShape();
          boolean steps = shape != null && shape.length > 1 && shape[1] != 1;
          return new Weights(it.name(), steps ? Extent.STEP : Extent.EXAMPLE);
        });
  }

  private Output output(Compared pair, Set<String> inputs, Optional<Weights> weights) {
    String label = pair.label().name();
    if (inputs.contains(label) || weights.map(Weights::name).equals(Optional.of(label))) {
      throw new RefusedGraphException(
          "placeholder %s is a label and more than that".formatted(label));
    }
    return new Output(
        pair.output().name(),
        label,
        form(pair),
        score(pair.by()),
        GraphWalk.units(graph, pair.output()),
        pair.by() == null ? "a loss of its own" : pair.by().opName());
  }

  private static LabelForm form(Compared pair) {
    if (pair.by() instanceof SoftmaxCrossEntropyLoss
        || pair.by() instanceof SoftmaxCrossEntropyWithLogitsLoss) {
      return LabelForm.ONE_HOT;
    }
    DataType type = pair.label().dataType();
    if (!type.isIntType()) {
      return LabelForm.VALUES;
    }
    long[] shape = pair.label().placeholderShape();
    return shape != null && shape.length > 1 ? LabelForm.STEP_INDEX : LabelForm.INDEX;
  }

  private static Score score(DifferentialFunction by) {
    if (by instanceof SigmoidCrossEntropyLoss) {
      return Score.SIGMOID;
    }
    boolean softmax =
        by instanceof SoftmaxCrossEntropyLoss
            || by instanceof SoftmaxCrossEntropyWithLogitsLoss
            || by instanceof SparseSoftmaxCrossEntropyLossWithLogits;
    return softmax && !(by instanceof LogLoss) ? Score.SOFTMAX : Score.AS_IT_IS;
  }

  private Normaliser normaliser(Reduction reduction, List<Output> outputs) {
    Optional<NormaliseBy> given = settings.normaliseBy();
    boolean steps = outputs.stream().anyMatch(it -> it.form() == LabelForm.STEP_INDEX);
    if (given.equals(Optional.of(NormaliseBy.TOKENS)) && !steps) {
      throw new RefusedGraphException(
          "model.normalise-by = tokens counts steps that have a label, and the graph has one label an example");
    }
    if (given.isPresent()) {
      return Normaliser.of(given.get());
    }
    return switch (reduction) {
      case SUM -> Normaliser.NOTHING;
      case MEAN -> Normaliser.EXAMPLES;
      case MEAN_BY_WEIGHT -> Normaliser.WEIGHTS;
      case MEAN_BY_NONZERO_WEIGHT -> Normaliser.NONZERO_WEIGHTS;
    };
  }

  private void requireNoneLeft(
      List<String> inputs, List<Output> outputs, Optional<Weights> weights) {
    Set<String> needed = new LinkedHashSet<>();
    graph.getLossVariables().forEach(loss -> needed.addAll(GraphWalk.sources(graph, loss)));
    List<String> left =
        needed.stream()
            .filter(name -> graph.getVariable(name).isPlaceHolder())
            .filter(name -> !isMask(name))
            .filter(name -> !inputs.contains(name))
            .filter(name -> outputs.stream().noneMatch(it -> it.label().equals(name)))
            .filter(name -> !weights.map(Weights::name).equals(Optional.of(name)))
            .toList();
    if (!left.isEmpty()) {
      throw new RefusedGraphException(
          "its loss needs the placeholders %s, which are neither inputs of the output %s nor its labels nor weights"
              .formatted(left, outputs.stream().map(Output::name).toList()));
    }
  }
}

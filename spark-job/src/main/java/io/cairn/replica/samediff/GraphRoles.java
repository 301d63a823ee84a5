/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.GraphWishes;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.NormaliseBy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * What the variables of a graph are for: what goes in, what comes out, and how a pass's loss
 * becomes a sum over examples. A graph does not say this itself, so that it travels beside it.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param inputs placeholders, in the order in which the settings name inputs
 * @param outputs one for each label, in the order in which the settings name outputs
 * @param weights the placeholder that the weights of the loss's terms go into, if there is one
 * @param reduction what the graph does with its loss's terms
 * @param normaliser what an update divides by
 * @param frozen constants that are variables which the settings have frozen
 * @param head the output that the settings have added, if it is one
 * @param dropouts what is dropped in training
 */
public record GraphRoles(
    List<String> inputs,
    List<Output> outputs,
    Optional<Weights> weights,
    Reduction reduction,
    Normaliser normaliser,
    List<String> frozen,
    Optional<GraphHead> head,
    List<Dropout> dropouts) {

  /** The form in which labels go into their placeholder. */
  public enum LabelForm {
    /** A number for each class. */
    ONE_HOT,
    /** The index of a class. */
    INDEX,
    /** The index of a class at each step. */
    STEP_INDEX,
    /** Numbers. */
    VALUES
  }

  /** What is done with an output's values before they are handed out. */
  public enum Score {
    /** Nothing. */
    AS_IT_IS,
    /** A softmax over the last axis. */
    SOFTMAX,
    /** A sigmoid of each. */
    SIGMOID
  }

  /**
   * An output and its labels.
   *
   * @param name the variable that is the output
   * @param label the placeholder of its labels
   * @param form of its labels
   * @param score what is done with its values
   * @param units values of a row; 0 where that is not known
   * @param loss what it is compared by, for a person
   */
  public record Output(
      String name, String label, LabelForm form, Score score, long units, String loss) {}

  /** How many weights an example has. */
  public enum Extent {
    /** One. */
    EXAMPLE,
    /** One a step. */
    STEP
  }

  /**
   * Where weights go.
   *
   * @param name a placeholder
   * @param extent how many an example has
   */
  public record Weights(String name, Extent extent) {}

  /**
   * Values that are dropped in training: they are multiplied by a mask ({@link DropoutMasks}).
   *
   * @param mask the placeholder that they are multiplied by
   * @param rate the share that is dropped, from 0 to below 1
   */
  public record Dropout(String mask, double rate) {
    public Dropout {
      Objects.requireNonNull(mask, "mask");
      if (!(rate >= 0 && rate < 1)) {
        throw new IllegalArgumentException("a share of %s is dropped".formatted(rate));
      }
    }
  }

  /** What the graph does with the terms of its loss, so that a pass's gradient becomes a sum. */
  public enum Reduction {
    /** It adds them: the gradient is a sum already. */
    SUM,
    /** A mean over all, of which each example has as many: times the number of examples. */
    MEAN,
    /** A mean by weight: times the sum of weights. */
    MEAN_BY_WEIGHT,
    /** A mean over those of any weight: times their number. */
    MEAN_BY_NONZERO_WEIGHT
  }

  /** What an update divides the sum by. */
  public enum Normaliser {
    /** Nothing, as SameDiff itself does with a loss that is a sum. */
    NOTHING,
    /** The number of examples. */
    EXAMPLES,
    /** The number of steps with a label. */
    TOKENS,
    /** The sum of weights. */
    WEIGHTS,
    /** The number of terms that have a weight. */
    NONZERO_WEIGHTS;

    /** What settings ask for. */
    static Normaliser of(NormaliseBy by) {
      return switch (by) {
        case EXAMPLES -> EXAMPLES;
        case TOKENS -> TOKENS;
        case WEIGHTS -> WEIGHTS;
      };
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int VERSION = 1;

  public GraphRoles {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    Objects.requireNonNull(weights, "weights");
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(normaliser, "normaliser");
    frozen = List.copyOf(frozen);
    Objects.requireNonNull(head, "head");
    dropouts = List.copyOf(dropouts);
  }

  /** Roles of a graph as it came. */
  GraphRoles(
      List<String> inputs,
      List<Output> outputs,
      Optional<Weights> weights,
      Reduction reduction,
      Normaliser normaliser) {
    this(inputs, outputs, weights, reduction, normaliser, List.of(), Optional.empty(), List.of());
  }

  /** The same with these frozen. */
  GraphRoles withFrozen(List<String> names) {
    return new GraphRoles(inputs, outputs, weights, reduction, normaliser, names, head, dropouts);
  }

  /** The same with this much dropped in training. */
  GraphRoles withDropouts(List<Dropout> next) {
    return new GraphRoles(inputs, outputs, weights, reduction, normaliser, frozen, head, next);
  }

  /** Whether passes of training draw noise. */
  public boolean isNoisy() {
    return dropouts.stream().anyMatch(dropout -> dropout.rate() > 0);
  }

  /** The same of a graph whose output was added. */
  GraphRoles withHead(GraphHead added) {
    return new GraphRoles(
        inputs, outputs, weights, reduction, normaliser, frozen, Optional.of(added), dropouts);
  }

  /** Throws where a column would go into a placeholder, and has the name of another. */
  static void requireNoOthersName(List<String> inputs, List<String> columns) {
    for (int i = 0; i < Math.min(inputs.size(), columns.size()); i++) {
      String column = columns.get(i);
      if (!column.equals(inputs.get(i)) && inputs.contains(column)) {
        throw new RefusedGraphException(
            "data.inputs: column '%s' would go into the input %s, and has the name of another; name the columns as the inputs, or give them in the order %s"
                .formatted(column, inputs.get(i), inputs));
      }
    }
  }

  /** The loss that settings gave the first output, if they gave it one. */
  Optional<GraphSettings.Loss> givenLoss() {
    return Arrays.stream(GraphSettings.Loss.values())
        .filter(loss -> word(loss).equals(outputs.get(0).loss()))
        .findFirst();
  }

  /** What settings say that these roles do not, if they differ; empty if they agree. */
  public Optional<String> contradiction(GraphWishes wishes) {
    try {
      requireNoOthersName(inputs, wishes.columns());
    } catch (RefusedGraphException e) {
      return Optional.of(e.getMessage());
    }
    GraphSettings settings = wishes.settings();
    String loss = settings.loss().map(GraphRoles::word).orElse("");
    Output own = outputs.get(0);
    if (!loss.isEmpty() && !loss.equals(own.loss())) {
      return Optional.of(
          "model.loss = %s, but the archive was trained with %s, and goes on with it; leave model.loss out, or begin with the graph itself"
              .formatted(loss, own.loss()));
    }
    List<String> names = outputs.stream().map(Output::name).toList();
    if (settings.output().isPresent() && !names.equals(List.of(settings.output().get()))) {
      return Optional.of(
          "model.output = %s, but the archive was trained with %s; leave model.output out, or begin with the graph itself"
              .formatted(settings.output().get(), String.join(", ", names)));
    }
    return settings
        .normaliseBy()
        .filter(by -> Normaliser.of(by) != normaliser)
        .map(
            by ->
                "model.normalise-by = %s, but the archive was trained with %s, and goes on with it; leave model.normalise-by out, or begin with the graph itself"
                    .formatted(word(by), word(normaliser)));
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Throws unless a graph has all of these variables. */
  void requireIn(SameDiff graph) {
    List<String> names = new ArrayList<>(inputs);
    outputs.forEach(output -> names.add(output.name()));
    outputs.forEach(output -> names.add(output.label()));
    weights.ifPresent(it -> names.add(it.name()));
    dropouts.forEach(it -> names.add(it.mask()));
    head.ifPresent(it -> names.addAll(List.of(it.from(), it.weight(), it.bias(), it.output())));
    for (String name : names) {
      if (!graph.hasVariable(name)) {
        throw new DamagedFileException("its graph has no variable " + name);
      }
    }
    for (String name : frozen) {
      boolean held = graph.hasVariable(name) && GraphWalk.held(graph.getVariable(name));
      if (!held || !graph.getVariable(name).dataType().isFPType()) {
        throw new DamagedFileException("its graph has no constant " + name + " that was frozen");
      }
    }
    if (inputs.isEmpty() || outputs.isEmpty() || graph.getLossVariables().isEmpty()) {
      throw new DamagedFileException("it has no inputs, no outputs or no loss");
    }
  }

  /** As it travels. */
  public byte[] json() {
    ObjectNode root = JSON.createObjectNode().put("version", VERSION);
    ArrayNode in = root.putArray("inputs");
    inputs.forEach(in::add);
    ArrayNode out = root.putArray("outputs");
    for (Output output : outputs) {
      out.addObject()
          .put("name", output.name())
          .put("label", output.label())
          .put("form", output.form().name())
          .put("score", output.score().name())
          .put("units", output.units())
          .put("loss", output.loss());
    }
    weights.ifPresent(
        it -> root.putObject("weights").put("name", it.name()).put("extent", it.extent().name()));
    root.put("reduction", reduction.name()).put("normaliser", normaliser.name());
    if (!frozen.isEmpty()) {
      ArrayNode names = root.putArray("frozen");
      frozen.forEach(names::add);
    }
    head.ifPresent(it -> it.to(root.putObject("head")));
    if (!dropouts.isEmpty()) {
      ArrayNode dropped = root.putArray("dropouts");
      dropouts.forEach(it -> dropped.addObject().put("mask", it.mask()).put("rate", it.rate()));
    }
    return (root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads what {@link #json} wrote.
   *
   * @throws DamagedFileException if it is anything else
   */
  static GraphRoles of(byte[] json) {
    try {
      JsonNode root = JSON.readTree(new String(json, StandardCharsets.UTF_8));
      if (root == null || root.path("version").asInt() != VERSION) {
        throw new DamagedFileException("its roles are not of version " + VERSION);
      }
      List<String> inputs = new ArrayList<>();
      root.path("inputs").forEach(input -> inputs.add(input.asText()));
      List<Output> outputs = new ArrayList<>();
      for (JsonNode output : root.path("outputs")) {
        outputs.add(
            new Output(
                output.path("name").asText(),
                output.path("label").asText(),
                LabelForm.valueOf(output.path("form").asText()),
                Score.valueOf(output.path("score").asText()),
                output.path("units").asLong(),
                output.path("loss").asText()));
      }
      JsonNode weights = root.path("weights");
      List<String> frozen = new ArrayList<>();
      root.path("frozen").forEach(name -> frozen.add(name.asText()));
      List<Dropout> dropouts = new ArrayList<>();
      for (JsonNode dropout : root.path("dropouts")) {
        dropouts.add(new Dropout(dropout.path("mask").asText(), dropout.path("rate").asDouble()));
      }
      return new GraphRoles(
          inputs,
          outputs,
          weights.isObject()
              ? Optional.of(
                  new Weights(
                      weights.path("name").asText(),
                      Extent.valueOf(weights.path("extent").asText())))
              : Optional.empty(),
          Reduction.valueOf(root.path("reduction").asText()),
          Normaliser.valueOf(root.path("normaliser").asText()),
          frozen,
          root.has("head") ? Optional.of(GraphHead.of(root.get("head"))) : Optional.empty(),
          dropouts);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new DamagedFileException("its roles cannot be read", e);
    }
  }
}

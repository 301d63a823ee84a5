/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choices;
import static io.cairn.settings.Kind.names;
import static io.cairn.settings.Kind.number;
import static io.cairn.settings.Kind.numberFrom;
import static io.cairn.settings.Kind.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Parameters that are trained with a learning rate or a weight decay of their own.
 *
 * @param name how metrics call it
 * @param layers names or patterns with {@code *} of layers; empty: all layers
 * @param parameters which of their parameters; empty: all
 * @param learningRate its own; absent: the common one
 * @param weightDecay its own; absent: the common one
 */
public record UpdaterGroup(
    String name,
    List<String> layers,
    List<Part> parameters,
    OptionalDouble learningRate,
    OptionalDouble weightDecay) {

  static final Key<String> NAME = Key.of("name", text());
  static final Key<List<String>> LAYERS =
      Key.of(
          "layers", names("must be one layer's name or pattern, or a list", "[\"embed*\", head]"));
  static final Key<List<Part>> PARAMETERS = Key.of("parameters", choices(Part.class));
  static final Key<Double> LEARNING_RATE =
      Key.of("learning-rate", number(0, Double.POSITIVE_INFINITY, "rate"));
  static final Key<Double> WEIGHT_DECAY =
      Key.of("weight-decay", numberFrom(0, Double.POSITIVE_INFINITY, "share"));

  static final Block<UpdaterGroup> BLOCK =
      Block.<UpdaterGroup>named("", Resume.MUST_STAY)
          .with(NAME, UpdaterGroup::name)
          .maybe(LAYERS, group -> Optional.of(group.layers()).filter(list -> !list.isEmpty()))
          .maybe(
              PARAMETERS, group -> Optional.of(group.parameters()).filter(list -> !list.isEmpty()))
          .maybeDouble(LEARNING_RATE, UpdaterGroup::learningRate)
          .maybeDouble(WEIGHT_DECAY, UpdaterGroup::weightDecay);

  /** A kind of parameters. */
  public enum Part {
    /** What inputs are multiplied by. */
    WEIGHTS,
    /** What is added. */
    BIASES,
    /** Scale and shift of a normalization. */
    NORMALIZATION
  }

  public UpdaterGroup {
    Objects.requireNonNull(name, "name");
    layers = List.copyOf(layers);
    parameters = List.copyOf(parameters);
    learningRate.ifPresent(LEARNING_RATE::require);
    weightDecay.ifPresent(WEIGHT_DECAY::require);
  }

  /** Whether parameters of a layer are of the group, if no group before it has them. */
  public boolean fits(String layer, Part part) {
    return (layers.isEmpty() || layers.stream().anyMatch(it -> NamePattern.matches(it, layer)))
        && (parameters.isEmpty() || parameters.contains(part));
  }

  /** An entry of the list; empty where it says nothing that could be used. */
  static Optional<UpdaterGroup> from(Values entry) {
    entry.read(BLOCK);
    List<String> layers = entry.maybe(LAYERS).orElse(List.of());
    List<Part> parameters = entry.maybe(PARAMETERS).orElse(List.of());
    if (!entry.isGiven(LAYERS) && !entry.isGiven(PARAMETERS)) {
      entry.missing(LAYERS, "is missing", "layers = [...] or parameters = [biases]");
      return Optional.empty();
    }
    if (!entry.isGiven(LEARNING_RATE) && !entry.isGiven(WEIGHT_DECAY)) {
      entry.missing(LEARNING_RATE, "is missing", "learning-rate or weight-decay of the group");
      return Optional.empty();
    }
    List<String> words = new ArrayList<>(layers);
    parameters.forEach(part -> words.add(Kind.word(part)));
    return Optional.of(
        new UpdaterGroup(
            entry.maybe(NAME).orElse(String.join(" ", words)),
            layers,
            parameters,
            entry.maybeDouble(LEARNING_RATE),
            entry.maybeDouble(WEIGHT_DECAY)));
  }
}

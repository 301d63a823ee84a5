/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.transfer;

import io.cairn.replica.FrozenLayers;
import io.cairn.replica.ModelConfiguration;
import io.cairn.replica.ModelException;
import io.cairn.replica.layers.DescribedLayer;
import io.cairn.settings.Described;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.NamePattern;
import io.cairn.settings.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * Changes the configuration of a trained model as {@code model.fine-tune} says. The configuration
 * that results is one that Deeplearning4j's {@code TransferLearning} makes too.
 *
 * <p>Threading: not shared.
 *
 * <p>Failure: {@link ModelException} for a layer that is not there, or that cannot be changed so.
 */
public final class FineTuning {

  private final FineTuneSettings settings;
  private final String name;
  private final Set<String> redrawn = new LinkedHashSet<>();
  private final Set<String> frozen = new LinkedHashSet<>();
  private final List<String> notes = new ArrayList<>();

  /**
   * What is to be changed.
   *
   * @param name the model's, for errors
   */
  public FineTuning(FineTuneSettings settings, String name) {
    this.settings = settings;
    this.name = name;
  }

  /**
   * Changes a configuration.
   *
   * @param configuration not one that a network uses
   */
  public void applyTo(ModelConfiguration configuration) {
    requireNamesOfTheirOwn(configuration);
    settings
        .output()
        .ifPresent(
            output -> {
              OutputHead head = OutputHead.of(configuration, name);
              redrawn.addAll(head.putBefore(settings.add()));
              redrawn.add(head.name());
              notes.addAll(head.replaceBy(output));
            });
    freeze(configuration);
    if (settings.updater() == FineTuneSettings.UpdaterState.FRESH) {
      configuration.startCounting();
    }
  }

  /** What does not fit of layers to be added, whatever the model is, with file and line. */
  public static List<Problem> problems(List<Described> added) {
    return added.stream()
        .filter(entry -> !AddedLayer.isJson(entry))
        .flatMap(entry -> DescribedLayer.problems(entry).stream())
        .toList();
  }

  /** Layers whose parameters are drawn anew, by name. */
  public Set<String> redrawn() {
    return redrawn;
  }

  /** What a user should know, a sentence each. */
  public List<String> notes() {
    return notes;
  }

  /** What is frozen and what is taken over goes by names. */
  private void requireNamesOfTheirOwn(ModelConfiguration configuration) {
    Set<String> seen = new HashSet<>();
    for (LayerPlace place : LayerPlace.of(configuration)) {
      if (!seen.add(place.name())) {
        throw new ModelException(
            "model.fine-tune: %s has several layers of the name %s; give each a name of its own"
                .formatted(name, place.name()));
      }
    }
  }

  private void freeze(ModelConfiguration configuration) {
    List<LayerPlace> places = LayerPlace.of(configuration);
    Set<String> wanted = wanted(places);
    for (LayerPlace place : places) {
      if (FrozenLayers.isFrozen(place.layer())) {
        frozen.add(place.name());
      }
    }
    Set<String> outputs = LayerPlace.outputs(configuration);
    places.stream()
        .filter(place -> wanted.contains(place.name()))
        .forEach(place -> requireHidden(place, outputs));
    Set<String> trained =
        places.stream()
            .filter(place -> !wanted.contains(place.name()) && !frozen.contains(place.name()))
            .filter(place -> place.layer().initializer().numParams(place.conf()) > 0)
            .map(LayerPlace::name)
            .collect(Collectors.toCollection(HashSet::new));
    if (trained.isEmpty()) {
      throw new ModelException(
          "model.fine-tune freezes every layer of %s that has parameters: nothing is left to train"
              .formatted(name));
    }
    List<LayerPlace> fresh =
        places.stream()
            .filter(place -> wanted.contains(place.name()) && frozen.add(place.name()))
            .toList();
    Set<String> names = fresh.stream().map(LayerPlace::name).collect(Collectors.toSet());
    Set<String> withoutError = LayerPlace.withoutError(configuration, names, trained);
    for (LayerPlace place : fresh) {
      boolean last = withoutError.containsAll(place.below());
      place.conf().setLayer(wrapped(place, last ? Backward.ENDS : Backward.GOES_ON));
    }
    if (configuration instanceof ModelConfiguration.Graph graph) {
      LayerPlace.freezeVertices(graph.conf(), withoutError, fresh);
    }
  }

  private Set<String> wanted(List<LayerPlace> places) {
    Set<String> wanted = new LinkedHashSet<>();
    settings.freezeUntil().ifPresent(last -> wanted.addAll(until(last, places)));
    for (String pattern : settings.freeze()) {
      List<String> fitting =
          places.stream()
              .map(LayerPlace::name)
              .filter(layer -> NamePattern.matches(pattern, layer))
              .toList();
      if (fitting.isEmpty()) {
        throw new ModelException(
            "model.fine-tune.freeze: '%s' fits no layer of %s, which has %s"
                .formatted(pattern, name, names(places)));
      }
      wanted.addAll(fitting);
    }
    return wanted;
  }

  /** What the backward pass does at a frozen layer. */
  private enum Backward {
    ENDS,
    GOES_ON
  }

  private static Layer wrapped(LayerPlace place, Backward backward) {
    return switch (backward) {
      case ENDS -> FrozenLayers.last(place.layer().getLayerName(), place.layer());
      case GOES_ON -> FrozenLayers.between(place.layer().getLayerName(), place.layer());
    };
  }

  private Set<String> until(String last, List<LayerPlace> places) {
    LayerPlace found =
        places.stream()
            .filter(place -> place.name().equals(last))
            .findFirst()
            .orElseThrow(
                () ->
                    new ModelException(
                        "model.fine-tune.freeze-until = %s: %s has no such layer; it has %s"
                            .formatted(last, name, names(places))));
    Set<String> all = new LinkedHashSet<>(found.below());
    all.add(last);
    return all;
  }

  private void requireHidden(LayerPlace place, Set<String> outputs) {
    if (outputs.contains(place.name())) {
      throw new ModelException(
          "model.fine-tune: layer %s of %s has the loss and cannot be frozen"
              .formatted(place.name(), name));
    }
    if (redrawn.contains(place.name())) {
      throw new ModelException(
          "model.fine-tune: layer %s is new and would stay as it was drawn; leave it out of freeze"
              .formatted(place.name()));
    }
  }

  private static String names(List<LayerPlace> places) {
    return places.stream().map(LayerPlace::name).collect(Collectors.joining(", "));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import io.cairn.plan.StagedPlan;
import io.cairn.replica.ModelConfiguration;
import io.cairn.replica.ModelException;
import io.cairn.settings.UpdaterGroup.Part;
import io.cairn.settings.UpdaterSettings;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/**
 * Puts the optimizer that the settings name in the place of all that a configuration has.
 *
 * <p>Penalties (L1, L2), clipping and constraints of the layers stay. A weight decay of their own
 * is taken out where the settings give one.
 *
 * <p>Threading: not shared.
 *
 * <p>Failure: {@link ModelException} for a group that fits nothing, or that Deeplearning4j cannot
 * tell apart.
 */
public final class UpdaterReplacement {

  private final GroupChoice groups;
  private final Set<String> decayRemoved = new LinkedHashSet<>();

  /**
   * What is to be put in.
   *
   * @param plan the examples of an update in each epoch, which learning rates may follow from
   */
  public UpdaterReplacement(UpdaterSettings settings, StagedPlan plan) {
    groups = new GroupChoice(settings, plan);
  }

  /**
   * Changes a configuration: another optimizer, which begins at update 0.
   *
   * @param name the model's, for errors
   * @return what a user should know of it, a sentence each
   */
  public List<String> applyTo(ModelConfiguration configuration, String name) {
    List<UpdaterPlace> places = UpdaterPlace.of(configuration);
    places.forEach(place -> replace(place, name));
    groups.requireAllFit(name, places.stream().map(UpdaterPlace::layer).toList());
    configuration.startCounting();
    return notes();
  }

  private void replace(UpdaterPlace place, String name) {
    boolean normalization = place.kind() == UpdaterPlace.Kind.NORMALIZATION;
    GroupUpdater common =
        groups.of(normalization ? Part.NORMALIZATION : Part.WEIGHTS, List.of(place.layer()));
    place.common().set().accept(common);
    place.biases().set().accept(null);
    removeDecay(place.layer(), common, place.penalties());
    if (!normalization) {
      GroupUpdater biases = groups.of(Part.BIASES, List.of(place.layer()));
      if (!biases.equals(common)) {
        requireApart(place, name);
        place.biases().set().accept(biases);
      }
      removeDecay(place.layer(), biases, place.biasPenalties());
    }
  }

  private static void requireApart(UpdaterPlace place, String name) {
    if (place.kind() == UpdaterPlace.Kind.ALIKE) {
      throw new ModelException(
          "train.updater.groups: layer %s of %s has one optimizer for weights and biases in Deeplearning4j; put both into the same group"
              .formatted(place.layer(), name));
    }
  }

  private void removeDecay(
      String layer, GroupUpdater updater, UpdaterPlace.Slot<List<Regularization>> penalties) {
    List<Regularization> own = penalties.get().get();
    if (updater.ownsWeightDecay() && own != null) {
      List<Regularization> kept =
          own.stream()
              .filter(penalty -> !(penalty instanceof WeightDecay))
              .collect(Collectors.toCollection(ArrayList::new));
      if (kept.size() < own.size()) {
        decayRemoved.add(layer);
        penalties.set().accept(kept);
      }
    }
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    notes.add("train.updater: " + groups.described() + " in place of the model's optimizer");
    if (!decayRemoved.isEmpty()) {
      notes.add(
          "the weight decay of %s is that of train.updater, not the model's own"
              .formatted(words(decayRemoved)));
    }
    return notes;
  }

  private static String words(Set<String> layers) {
    return (layers.size() == 1 ? "layer " : "layers ") + String.join(", ", layers);
  }
}

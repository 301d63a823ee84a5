/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import io.cairn.replica.ModelException;
import io.cairn.settings.BatchScaling;
import io.cairn.settings.ScheduleSettings;
import io.cairn.settings.UpdaterGroup;
import io.cairn.settings.UpdaterGroup.Part;
import io.cairn.settings.UpdaterSettings;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which of the settings' optimizers each parameter has: that of the first group that fits it.
 *
 * <p>Threading: not shared.
 *
 * <p>Failure: {@link ModelException} for a group that fits nothing.
 */
public final class GroupChoice {

  private final UpdaterSettings settings;
  private final double scaling;
  private final Map<String, GroupUpdater> byGroup = new LinkedHashMap<>();
  private final Set<UpdaterGroup> fitting = new LinkedHashSet<>();

  /**
   * The choice.
   *
   * @param effective examples of an update, which learning rates may follow from
   */
  public GroupChoice(UpdaterSettings settings, int effective) {
    this.settings = settings;
    this.scaling =
        settings.scaleWithBatch().map((BatchScaling it) -> it.factor(effective)).orElse(1.0);
  }

  /**
   * The optimizer of a parameter; those of a group are one object.
   *
   * @param names that a group may have for it
   */
  public GroupUpdater of(Part part, List<String> names) {
    for (UpdaterGroup group : settings.groups()) {
      if (names.stream().anyMatch(name -> group.fits(name, part))) {
        fitting.add(group);
        return byGroup.computeIfAbsent(
            group.name(),
            groupName ->
                made(
                    groupName,
                    group.learningRate().orElse(settings.learningRate().orElse(1)),
                    boxed(
                        group.weightDecay().isPresent()
                            ? group.weightDecay()
                            : settings.weightDecay())));
      }
    }
    return byGroup.computeIfAbsent(
        UpdaterSettings.REST,
        rest -> made(rest, settings.learningRate().orElse(1), boxed(settings.weightDecay())));
  }

  /**
   * Throws unless each group has had a parameter.
   *
   * @param model its name, for errors
   * @param layers the names that groups may have
   */
  public void requireAllFit(String model, List<String> layers) {
    for (UpdaterGroup group : settings.groups()) {
      if (!fitting.contains(group)) {
        throw new ModelException(
            "train.updater.groups: no parameters are left for the group '%s'; %s has the layers %s, and the first group that fits a parameter has it"
                .formatted(
                    group.name(),
                    model,
                    layers.stream().distinct().collect(Collectors.joining(", "))));
      }
    }
  }

  /** The optimizers that have been chosen, for a person. */
  public String described() {
    String type = settings.type().word();
    if (!settings.type().hasLearningRate()) {
      return type;
    }
    return byGroup.values().stream()
        .map(
            updater ->
                (byGroup.size() > 1 ? updater.group() + " " : "")
                    + Double.toString(updater.rate().rate()))
        .collect(Collectors.joining(", ", type + ", learning rate ", ""));
  }

  private static Double boxed(OptionalDouble number) {
    return number.isPresent() ? (Double) number.getAsDouble() : null;
  }

  private GroupUpdater made(String group, double learningRate, Double weightDecay) {
    RateSchedule rate =
        settings
            .schedule()
            .map((ScheduleSettings it) -> RateSchedule.of(learningRate * scaling, it))
            .orElseGet(() -> RateSchedule.constant(learningRate * scaling));
    return new GroupUpdater(group, settings.type(), settings.numbers(), rate, weightDecay);
  }
}

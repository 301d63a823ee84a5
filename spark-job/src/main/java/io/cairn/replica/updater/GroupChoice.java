/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import io.cairn.plan.StagedPlan;
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
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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
  private final SortedMap<Integer, Double> laterScalings = new TreeMap<>();
  private final Map<String, GroupUpdater> byGroup = new LinkedHashMap<>();
  private final Set<UpdaterGroup> fitting = new LinkedHashSet<>();

  /**
   * The choice.
   *
   * @param plan the examples of an update in each epoch, which learning rates may follow from
   */
  public GroupChoice(UpdaterSettings settings, StagedPlan plan) {
    this.settings = settings;
    Optional<BatchScaling> byBatch = settings.scaleWithBatch();
    this.scaling = byBatch.map(it -> it.factor(plan.first().effective())).orElse(1.0);
    if (byBatch.isPresent()) {
      for (StagedPlan.Stage stage : plan.stages().subList(1, plan.stages().size())) {
        int effective = plan.in(stage.firstEpoch()).effective();
        laterScalings.put(Math.toIntExact(stage.firstEpoch()), byBatch.get().factor(effective));
      }
    }
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
            "train.updater.groups: no parameters are left for the group '%s'; %s has the layers %s, the first group that fits a parameter has it, and frozen ones are in no group"
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
            updater -> (byGroup.size() > 1 ? updater.group() + " " : "") + updater.rate().highest())
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
    if (!laterScalings.isEmpty()) {
      SortedMap<Integer, Double> highest = new TreeMap<>(laterScalings);
      highest.replaceAll((epoch, factor) -> learningRate * factor);
      rate = rate.inStages(highest);
    }
    return new GroupUpdater(group, settings.type(), settings.numbers(), rate, weightDecay);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import io.cairn.settings.BatchSettings;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.SettingsException;
import io.cairn.settings.SettingsJson;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The batch plan that a run is asked to use. The size of a micro-batch may be left open, for the
 * workers to find.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param plan that of each epoch; where a probe decides, one plan with micro-batches of one
 *     example: everything but its {@code micro} and {@code steps} holds
 * @param microSize who decides how large a micro-batch is
 */
public record AskedPlan(StagedPlan plan, MicroSize microSize) implements Serializable {

  private static final long serialVersionUID = 1L;

  public AskedPlan {
    Objects.requireNonNull(plan, "plan");
    Objects.requireNonNull(microSize, "microSize");
    if (microSize == MicroSize.PROBED && !plan.isUniform()) {
      throw new IllegalArgumentException("steps that are scheduled, and left to a probe: " + plan);
    }
  }

  /** One plan for all epochs. */
  public AskedPlan(BatchPlan plan, MicroSize microSize) {
    this(StagedPlan.of(plan), microSize);
  }

  /**
   * The plan of these settings.
   *
   * @param clusterWorkers how many workers the cluster has executors for, if that is known
   * @throws SettingsException if there is not exactly one
   */
  public static AskedPlan resolve(BatchSettings given, OptionalInt clusterWorkers) {
    BatchPlan own = BatchArithmetic.resolve(given, clusterWorkers);
    return new AskedPlan(StagedPlan.of(own, given.schedule()), given.microSize());
  }

  /** The same without stages that a run of so many epochs never comes to. */
  public AskedPlan until(long epochs) {
    return new AskedPlan(plan.until(epochs), microSize);
  }

  /** How large a micro-batch is, for a person: a number, or who decides. */
  public String micro() {
    return switch (microSize) {
      case GIVEN -> Integer.toString(plan.micro());
      case PROBED -> "auto";
    };
  }

  /**
   * The same effective batch, in each stage, with another number of workers, if they can share it:
   * with these micro-batches, or, where nobody has asked for their size, with smaller ones if need
   * be.
   *
   * @param newWorkers at least 1
   * @param asked who was asked for the size of micro-batches in the first place
   */
  public Optional<AskedPlan> rescaled(int newWorkers, MicroSize asked) {
    Optional<StagedPlan> same = plan.rescaled(newWorkers);
    if (same.isEmpty() && asked == MicroSize.PROBED) {
      same = plan.resplit(newWorkers);
    }
    return same.map(rescaled -> new AskedPlan(rescaled, microSize));
  }

  /**
   * The numbers that hold in the first epoch, by their names in the settings, in the order of the
   * formula.
   */
  public Map<String, Long> numbers() {
    Map<String, Long> numbers = new LinkedHashMap<>(plan.first().numbers());
    if (microSize == MicroSize.PROBED) {
      numbers.remove(BatchNumber.MICRO.word());
      numbers.remove(BatchNumber.STEPS.word());
    }
    return numbers;
  }

  /**
   * What {@code settings.json} holds: the {@link #numbers}, and, where steps change, those of each
   * stage, with epochs counted from 1.
   */
  public Map<String, Object> stored() {
    Map<String, Object> stored = new LinkedHashMap<>(numbers());
    if (!plan.isUniform()) {
      List<Map<String, Object>> stages = new ArrayList<>();
      for (StagedPlan.Stage stage : plan.stages()) {
        Map<String, Object> numbers = new LinkedHashMap<>();
        numbers.put(SettingsJson.FROM_EPOCH, stage.firstEpoch() + 1);
        numbers.put(BatchNumber.STEPS.word(), stage.steps());
        numbers.put(BatchNumber.EFFECTIVE.word(), plan.in(stage.firstEpoch()).effective());
        stages.add(numbers);
      }
      stored.put(SettingsJson.STAGES, stages);
    }
    return stored;
  }

  /**
   * For people: as {@link StagedPlan}'s, or {@code workers 2 x micro auto x steps = effective 512}.
   */
  @Override
  public String toString() {
    return switch (microSize) {
      case GIVEN -> plan.toString();
      case PROBED ->
          "workers %d x micro auto x steps = effective %d"
              .formatted(plan.workers(), plan.first().effective());
    };
  }
}

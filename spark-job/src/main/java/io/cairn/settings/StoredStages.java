/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The effective batch of each epoch, as the plan beside stored settings has it.
 *
 * <p>Threading: not shared.
 *
 * @param effectiveFrom by the first epoch of each stage, counted from 1; empty where none is stored
 */
record StoredStages(TreeMap<Long, Long> effectiveFrom) {

  /**
   * Those of settings.
   *
   * @param flat all values by their dotted names
   */
  static StoredStages of(Map<String, JsonNode> flat) {
    TreeMap<Long, Long> stages = new TreeMap<>();
    JsonNode whole = flat.get(SettingsJson.PLAN + "." + SettingsJson.EFFECTIVE);
    if (whole != null) {
      stages.put(1L, whole.asLong());
    }
    JsonNode stored = flat.get(SettingsJson.PLAN + "." + SettingsJson.STAGES);
    if (stored != null) {
      stored.forEach(
          stage ->
              stages.put(
                  stage.path(SettingsJson.FROM_EPOCH).asLong(),
                  stage.path(SettingsJson.EFFECTIVE).asLong()));
    }
    return new StoredStages(stages);
  }

  /**
   * The first epoch with another effective batch. That of the first one is not looked at: it is the
   * plan's, which is compared like any other setting.
   *
   * @param epochs how many epochs must have the same
   */
  Optional<SettingsDifference> difference(StoredStages other, long epochs) {
    TreeSet<Long> borders = new TreeSet<>(effectiveFrom.keySet());
    borders.addAll(other.effectiveFrom.keySet());
    for (long epoch : borders) {
      if (epoch > 1 && epoch <= epochs && !Objects.equals(in(epoch), other.in(epoch))) {
        return Optional.of(
            new SettingsDifference(
                BatchSettings.SCHEDULE.name(),
                said(epoch, in(epoch)),
                said(epoch, other.in(epoch))));
      }
    }
    return Optional.empty();
  }

  private Long in(long epoch) {
    Map.Entry<Long, Long> stage = effectiveFrom.floorEntry(epoch);
    return stage == null ? null : stage.getValue();
  }

  private static String said(long epoch, Long effective) {
    return effective == null
        ? "nothing in epoch " + epoch
        : "an effective batch of %d in epoch %d".formatted(effective, epoch);
  }
}

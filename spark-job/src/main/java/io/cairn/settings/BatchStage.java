/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.count;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * From an epoch on, how many micro-batches each worker sums before an update: an entry of {@code
 * batch.schedule}.
 *
 * @param fromEpoch the first epoch that it holds for, counted from 1
 * @param steps micro-batches, at least 1
 */
public record BatchStage(int fromEpoch, int steps) {

  static final Key<Integer> FROM_EPOCH = Key.of("from-epoch", count("epochs, counted from 1"));
  static final Key<Integer> STEPS = Key.of("steps", count("micro-batches"));

  static final Block<BatchStage> BLOCK =
      Block.<BatchStage>named("", Resume.MAY_CHANGE)
          .with(FROM_EPOCH, BatchStage::fromEpoch)
          .with(STEPS, BatchStage::steps);

  static final String EXAMPLE = "{ from-epoch = 4, steps = 8 }";

  public BatchStage {
    FROM_EPOCH.require(fromEpoch);
    STEPS.require(steps);
  }

  /** The entries of the list, as far as they say something that could be used. */
  static List<BatchStage> list(List<Values> entries) {
    List<BatchStage> stages = new ArrayList<>();
    int before = 0;
    for (Values entry : entries) {
      Optional<BatchStage> stage = from(entry);
      if (stage.isEmpty()) {
        continue;
      }
      if (stage.get().fromEpoch() <= before) {
        entry.wrongIfGiven(
            FROM_EPOCH,
            "does not come after the entry before it, which is from epoch " + before + " on",
            "entries in the order of their epochs, one for each");
        continue;
      }
      before = stage.get().fromEpoch();
      stages.add(stage.get());
    }
    return List.copyOf(stages);
  }

  private static Optional<BatchStage> from(Values entry) {
    entry.read(BLOCK);
    for (Key<Integer> key : List.of(FROM_EPOCH, STEPS)) {
      if (!entry.isGiven(key)) {
        entry.missing(key, "is missing", EXAMPLE);
      }
    }
    Optional<Integer> fromEpoch = entry.maybe(FROM_EPOCH);
    Optional<Integer> steps = entry.maybe(STEPS);
    return fromEpoch.isPresent() && steps.isPresent()
        ? Optional.of(new BatchStage(fromEpoch.get(), steps.get()))
        : Optional.empty();
  }
}

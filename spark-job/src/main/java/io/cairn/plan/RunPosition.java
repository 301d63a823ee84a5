/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How far a run is, between two updates. It is the same on every rank, since all ranks take part in
 * every update. Where each rank is in its shard follows from {@code cursor} and {@code stints}.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param update updates done since the run began
 * @param iteration the model's own count of updates: more than {@code update} where the run went on
 *     from a trained model
 * @param modelEpoch the model's own count of epochs, likewise
 * @param examples training examples of all ranks together, at least 1
 * @param plan the plan of the update that was made last; before the first, that of the first
 * @param cursor where the next update stands: whole passes done, updates done in the present one
 * @param stints the plan segments of the present pass, in their order: who has done which updates
 *     of it. Their sum is the cursor's position. The name is that of the checkpoint's file
 */
public record RunPosition(
    long update,
    long iteration,
    long modelEpoch,
    long examples,
    BatchPlan plan,
    Cursor cursor,
    List<PlanSegment> stints)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public RunPosition {
    Objects.requireNonNull(plan, "plan");
    Objects.requireNonNull(cursor, "cursor");
    stints = List.copyOf(stints);
    if (update < 0 || iteration < 0 || modelEpoch < 0 || examples < 1) {
      throw new IllegalArgumentException(
          "no such place: update %d, iteration %d, model epoch %d, of %d examples"
              .formatted(update, iteration, modelEpoch, examples));
    }
    long inEpoch = 0;
    for (PlanSegment segment : stints) {
      inEpoch = Math.addExact(inEpoch, segment.updates());
    }
    if (inEpoch != cursor.position() || inEpoch > update || cursor.epoch() > update) {
      throw new IllegalArgumentException(
          "update %d at %s after stints of %d updates".formatted(update, cursor, inEpoch));
    }
  }

  /**
   * Before the first update.
   *
   * @param iteration the model's own count of updates, as it was loaded
   * @param modelEpoch the model's own count of epochs
   * @param examples training examples of all ranks together
   */
  public static RunPosition start(BatchPlan plan, long iteration, long modelEpoch, long examples) {
    return new RunPosition(0, iteration, modelEpoch, examples, plan, Cursor.START, List.of());
  }

  /** Epochs that the model had seen before the run began. */
  public long epochsBefore() {
    return modelEpoch - cursor.epoch();
  }

  /**
   * After one more update under the same plan.
   *
   * @param next where the update after it stands
   * @param newIteration the model's own count of updates now
   * @param newModelEpoch the model's own count of epochs now
   */
  public RunPosition after(Cursor next, long newIteration, long newModelEpoch) {
    return new RunPosition(
        update + 1, newIteration, newModelEpoch, examples, plan, next, segmentsUpTo(next));
  }

  /** The same place, from where on another plan is in force. */
  public RunPosition under(BatchPlan newPlan) {
    return new RunPosition(update, iteration, modelEpoch, examples, newPlan, cursor, stints);
  }

  /**
   * What ranks of other numbers have done of the present pass, before those that {@code workers}
   * ranks would go on with: one entry for each change of the number. Empty where the pass is so
   * far, or will be, these workers' alone.
   */
  public List<PlanSegment> segmentsBefore(int workers) {
    List<PlanSegment> merged = new ArrayList<>();
    for (PlanSegment segment : stints) {
      int last = merged.size() - 1;
      if (last >= 0 && merged.get(last).plan().workers() == segment.plan().workers()) {
        long updates = merged.get(last).updates() + segment.updates();
        merged.set(last, new PlanSegment(segment.plan(), updates));
      } else {
        merged.add(segment);
      }
    }
    int last = merged.size() - 1;
    if (last >= 0 && merged.get(last).plan().workers() == workers) {
      merged.remove(last);
    }
    return List.copyOf(merged);
  }

  private List<PlanSegment> segmentsUpTo(Cursor next) {
    if (next.position() == 0) {
      return List.of();
    }
    List<PlanSegment> longer = new ArrayList<>(stints);
    int last = longer.size() - 1;
    if (last >= 0 && longer.get(last).plan().equals(plan)) {
      longer.set(last, new PlanSegment(plan, longer.get(last).updates() + 1));
    } else {
      longer.add(new PlanSegment(plan, 1));
    }
    return longer;
  }
}

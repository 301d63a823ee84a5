/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import io.cairn.plan.Cursor;
import io.cairn.plan.EpochSchedule;
import io.cairn.plan.EpochWindows;
import io.cairn.plan.RunPosition;
import io.cairn.plan.ShardRange;
import io.cairn.plan.StagedPlan;
import java.util.Objects;
import java.util.Optional;

/**
 * Decides which of a rank's examples enter which update, and in which order.
 *
 * <p>Threading: immutable, safe everywhere.
 */
public final class RankSampler {
  private final StagedPlan plan;
  private final long examples;
  private final long seed;
  private final int rank;
  private final Cursor start;
  private final long updates;
  private final long epochsBefore;
  private final Optional<Remainder> remainder;

  /**
   * A sampler whose first epoch is these workers' alone.
   *
   * @param schedule the windows of every epoch
   * @param seed the run's seed, which the order of an epoch derives from
   * @param rank whose shard it is
   * @param start the place of the first update
   * @param updates how many updates from there; 0 for none
   */
  public RankSampler(EpochSchedule schedule, long seed, int rank, Cursor start, long updates) {
    this(
        StagedPlan.of(schedule.plan()),
        schedule.examples(),
        seed,
        rank,
        start,
        updates,
        0,
        Optional.empty());
  }

  private RankSampler(
      StagedPlan plan,
      long examples,
      long seed,
      int rank,
      Cursor start,
      long updates,
      long epochsBefore,
      Optional<Remainder> remainder) {
    this.plan = Objects.requireNonNull(plan, "plan");
    this.examples = examples;
    this.seed = seed;
    this.rank = Objects.checkIndex(rank, plan.workers());
    this.start = Objects.requireNonNull(start, "start");
    this.updates = updates;
    this.epochsBefore = epochsBefore;
    this.remainder = remainder;
    EpochSchedule schedule = schedule(start.epoch());
    if (updates < 0 || (updates > 0 && start.position() >= schedule.updates())) {
      throw new IllegalArgumentException(
          "%d updates from %s, where an epoch has %d"
              .formatted(updates, start, schedule.updates()));
    }
  }

  /**
   * A sampler that goes on where a run is. Of an epoch that another number of ranks has begun, it
   * visits the examples that they have left. A run that goes on from a trained model visits its
   * examples in the order of the epoch that comes next for the model.
   *
   * @param plan the plan from here on; in the epoch under way with the effective batch of those
   *     before
   * @param seed the run's seed
   * @param rank whose shard it is
   * @param at where the run is
   * @param updates how many updates from there
   */
  public static RankSampler from(
      RunPosition at, StagedPlan plan, long seed, int rank, long updates) {
    Optional<Remainder> remainder = Remainder.of(at, plan.in(at.cursor().epoch()), seed, rank);
    return new RankSampler(
        plan, at.examples(), seed, rank, at.cursor(), updates, at.epochsBefore(), remainder);
  }

  /** The plan of each epoch. */
  StagedPlan plan() {
    return plan;
  }

  /** The rank's shard, the same in all epochs. */
  public ShardRange shard() {
    return new ShardRange(rank, plan.workers(), examples);
  }

  /** The windows of an epoch that is these workers' alone. */
  private EpochSchedule schedule(long epoch) {
    return new EpochSchedule(plan.in(epoch), examples);
  }

  /** The run's seed. */
  long seed() {
    return seed;
  }

  /** Whose shard it is. */
  public int rank() {
    return rank;
  }

  /** The place of the first update. */
  Cursor start() {
    return start;
  }

  /** How many updates from {@link #start}. */
  long updates() {
    return updates;
  }

  /**
   * The rest of this sampler's updates under other micro-batches.
   *
   * @param from the place of the rest's first update
   * @param left updates from there to the end
   * @param newPlan one with the same workers and windows
   */
  RankSampler rest(Cursor from, long left, StagedPlan newPlan) {
    if (!newPlan.hasWindowsOf(plan)) {
      throw new IllegalArgumentException(
          newPlan + " has other windows than " + plan + ", under which the sampler began");
    }
    return new RankSampler(
        newPlan,
        examples,
        seed,
        rank,
        from,
        left,
        epochsBefore,
        remainder.map(old -> old.under(newPlan.in(old.epoch()))));
  }

  /** What the rank brings to the update at {@code cursor}. */
  public Window window(Cursor cursor) {
    EpochWindows windows = windows(cursor.epoch());
    Cursor next = cursor.next(windows.updates());
    return new Window(
        cursor,
        next,
        windows.microBatches(rank, cursor.position()),
        windows.updateExamples(cursor.position()),
        windows(next.epoch()).updateExamples(next.position()));
  }

  /** Makes the order of an epoch current. */
  void begin(EpochOrder order, long epoch) {
    Optional<Remainder> rest = remainder.filter(left -> left.epoch() == epoch);
    if (rest.isPresent()) {
      rest.get().begin(order);
    } else {
      order.beginEpoch(epochsBefore + epoch);
    }
  }

  /** Who brings how much to the updates of an epoch. */
  EpochWindows windows(long epoch) {
    Optional<Remainder> rest = remainder.filter(left -> left.epoch() == epoch);
    return rest.isPresent() ? rest.get().windows() : schedule(epoch);
  }
}

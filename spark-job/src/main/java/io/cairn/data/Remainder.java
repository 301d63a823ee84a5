/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import io.cairn.plan.BatchPlan;
import io.cairn.plan.PlanSegment;
import io.cairn.plan.RestOfEpoch;
import io.cairn.plan.RunPosition;
import io.cairn.plan.ShardRange;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The examples that remain for a rank in an epoch that another number of ranks has begun.
 *
 * <p>Which rank owns which example, and in which order it visits them, is a function of data, seed,
 * epoch and the number of workers. So the used examples follow from how many updates were made
 * under which number of workers: they are found by going through those orders again. Each remaining
 * example is visited by the rank that owns it now. No data is moved for this, and the next epoch is
 * the same as if the number of workers had never changed.
 *
 * <p>This takes one bit per example of all data, 4 bytes per example of the largest shard, and some
 * tens of nanoseconds per example, once.
 *
 * <p>Threading: immutable, safe everywhere.
 */
final class Remainder {
  private final long epoch;
  private final long number;
  private final RestOfEpoch windows;
  private final int[] own;

  private Remainder(long epoch, long number, RestOfEpoch windows, int[] own) {
    this.epoch = epoch;
    this.number = number;
    this.windows = windows;
    this.own = own;
  }

  /**
   * What is left for {@code rank} from a place on; empty where the pass that begins or goes on
   * there is these workers' alone.
   */
  static Optional<Remainder> of(RunPosition at, BatchPlan plan, long seed, int rank) {
    List<PlanSegment> before = at.segmentsBefore(plan.workers());
    if (before.isEmpty()) {
      return Optional.empty();
    }
    long number = at.epochsBefore() + at.cursor().epoch();
    Epoch epoch = new Epoch(at.examples(), seed, number);
    before.forEach(epoch::replay);
    RestOfEpoch windows = epoch.rest(plan);
    int[] own = epoch.unused(new ShardRange(rank, plan.workers(), at.examples()));
    return Optional.of(new Remainder(at.cursor().epoch(), number, windows, own));
  }

  /** The epoch it is left of, as the run counts them. */
  long epoch() {
    return epoch;
  }

  /** Who brings how much to which of the updates that are left. */
  RestOfEpoch windows() {
    return windows;
  }

  /** The same under another plan with the same windows. */
  Remainder under(BatchPlan plan) {
    return new Remainder(epoch, number, windows.under(plan), own);
  }

  /** Makes the rank's order of what is left current. */
  void begin(EpochOrder order) {
    order.beginRest(number, own, windows.first());
  }

  /** An epoch being gone through: which of the examples, in the order of their line, are used. */
  private static final class Epoch {
    private final long examples;
    private final long seed;
    private final long number;
    private final long[] used;
    private long updates;

    Epoch(long examples, long seed, long number) {
      this.examples = examples;
      this.seed = seed;
      this.number = number;
      this.used = new long[Math.toIntExact((examples + Long.SIZE - 1) / Long.SIZE)];
    }

    void replay(PlanSegment segment) {
      RestOfEpoch windows = rest(segment.plan());
      for (int rank = 0; rank < segment.plan().workers(); rank++) {
        ShardRange range = new ShardRange(rank, segment.plan().workers(), examples);
        EpochOrder order = new EpochOrder(Math.toIntExact(range.size()), seed, rank);
        order.beginRest(number, unused(range), updates);
        long count = windows.used(rank, updates + segment.updates());
        for (int i = 0; i < count; i++) {
          long example = range.start() + order.example(i);
          used[(int) (example / Long.SIZE)] |= 1L << (example % Long.SIZE);
        }
      }
      updates += segment.updates();
    }

    RestOfEpoch rest(BatchPlan plan) {
      List<Long> left =
          IntStream.range(0, plan.workers())
              .mapToObj(rank -> countUnused(new ShardRange(rank, plan.workers(), examples)))
              .toList();
      return new RestOfEpoch(plan, updates, left);
    }

    private long countUnused(ShardRange range) {
      long count = 0;
      for (long example = range.start(); example < range.end(); example++) {
        count += isUsed(example) ? 0 : 1;
      }
      return count;
    }

    /** Places in the shard, ascending. */
    int[] unused(ShardRange range) {
      int[] places = new int[Math.toIntExact(countUnused(range))];
      int count = 0;
      for (long example = range.start(); example < range.end(); example++) {
        if (!isUsed(example)) {
          places[count] = (int) (example - range.start());
          count++;
        }
      }
      return places;
    }

    private boolean isUsed(long example) {
      return (used[(int) (example / Long.SIZE)] >>> (example % Long.SIZE) & 1) != 0;
    }
  }
}

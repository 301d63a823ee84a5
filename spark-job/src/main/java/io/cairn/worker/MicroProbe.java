/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.data.MicroBatches;
import io.cairn.data.RankSampler;
import io.cairn.data.Shard;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.EpochSchedule;
import io.cairn.plan.MicroCandidates;
import io.cairn.replica.HeldMemory;
import io.cairn.replica.OffHeapMemory;
import io.cairn.replica.Replica;
import io.cairn.worker.UpdateSums.Passes;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the largest micro-batch that fits in memory on every rank, by trying. It makes passes as in
 * training, over the rank's own examples, as many side by side as in training, with growing sizes,
 * until one does not fit on some rank. After each pass the ranks tell each other the outcome, so
 * that all stop after the same pass and none waits long for another.
 *
 * <p>The probe has no effect on training. A pass changes neither parameters nor updater nor counts,
 * its noise is seeded anew, its sums are thrown away, and its memory is given back. During the
 * passes, memory is also held for what is needed later: the arrays of an update, and on rank 0 the
 * copy from which checkpoints are saved. If training needs even more, {@link TrainingStep} halves
 * the micro-batch.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica.
 *
 * <p>Failure: {@link MemoryTooSmallException} on every rank if not even one example fits.
 */
final class MicroProbe {

  private static final Logger LOG = LoggerFactory.getLogger(MicroProbe.class);

  /** DL4J learns in the first pass how much its workspaces need, and allocates that in the next. */
  private static final int PASSES = 3;

  private final Replica replica;
  private final Shard shard;
  private final int rank;
  private final AllGather told;
  private final WorkerSpec spec;

  MicroProbe(Replica replica, Shard shard, AllReduce allReduce, WorkerSpec spec) {
    this.replica = replica;
    this.shard = shard;
    this.rank = allReduce.rank();
    this.told = new AllGather(allReduce);
    this.spec = spec;
  }

  /**
   * What was found.
   *
   * @param plan the same on every rank
   * @param reason why that one, for a person
   */
  record Found(BatchPlan plan, String reason) {}

  /**
   * Every rank must call it before the same update.
   *
   * @param update the first update that the plan is for
   */
  Found run(long update) throws InterruptedException {
    Optional<BatchPlan> fitting = Optional.empty();
    for (BatchPlan candidate : candidates(update)) {
      List<Integer> ranks = tried(update, candidate);
      if (!ranks.isEmpty()) {
        BatchPlan largest = fitting.orElseThrow(() -> new MemoryTooSmallException(update, ranks));
        return found(
            largest,
            "a micro-batch of %d does not fit in memory on rank %s"
                .formatted(candidate.micro(), TrainingStep.words(ranks)));
      }
      fitting = Optional.of(candidate);
    }
    return found(fitting.orElseThrow(), "even the largest fits in memory");
  }

  /** Such that the rank with the most threads has a micro-batch for each: the same everywhere. */
  private List<BatchPlan> candidates(long update) throws InterruptedException {
    List<Long> threads = told.of(update - 1, replica.threads());
    return MicroCandidates.of(
        spec.plan().first(),
        spec.data().trainExamples(),
        Math.toIntExact(threads.stream().mapToLong(Long::longValue).max().orElseThrow()));
  }

  private static Found found(BatchPlan plan, String why) {
    LOG.info("batch.micro = auto: {}; {}", plan, why);
    return new Found(plan, "batch.micro = auto: " + why);
  }

  /**
   * A few passes as in training, after each of which the ranks tell each other how it went, so that
   * none waits for more than one.
   *
   * @return the ranks where one did not fit
   */
  private List<Integer> tried(long update, BatchPlan candidate) throws InterruptedException {
    try (Trial trial = new Trial(candidate)) {
      for (int pass = 0; pass < PASSES; pass++) {
        List<Integer> ranks = outOfMemory(update, trial.pass());
        if (!ranks.isEmpty()) {
          return ranks;
        }
      }
      return List.of();
    } finally {
      replica.abandonWindow();
    }
  }

  /** Passes of one size, with all the memory that training has beside them. */
  private final class Trial implements AutoCloseable {
    private final BatchPlan candidate;
    private HeldMemory held;
    private MicroBatches batches;
    private int left;

    Trial(BatchPlan candidate) {
      this.candidate = candidate;
    }

    Passes pass() throws InterruptedException {
      return OffHeapMemory.fitting(
          this::oneMore,
          reason -> {
            LOG.info(
                "batch.micro = auto: a micro-batch of {} does not fit in memory: {}",
                candidate.micro(),
                reason);
            return Passes.OUT_OF_MEMORY;
          });
    }

    private Passes oneMore() throws InterruptedException {
      begin();
      if (left == 0) {
        left = batches.nextWindow().map(window -> window.microBatches().size()).orElse(0);
      }
      // A rank without examples has nothing to try.
      if (left > 0) {
        int together = Math.min(left, replica.threads());
        replica.accumulate(together, batches::next, pass -> spec.train().seed());
        left -= together;
      }
      replica.reduceMemory();
      return Passes.DONE;
    }

    private void begin() {
      if (held == null) {
        replica.clear();
        held = replica.holdMemory(rank == 0 ? replica.state().bytes() : 0);
        EpochSchedule schedule = new EpochSchedule(candidate, spec.data().trainExamples());
        RankSampler sampler =
            new RankSampler(schedule, spec.train().seed(), rank, Cursor.START, PASSES);
        batches = MicroBatches.start(shard, sampler, replica.threads());
      }
    }

    @Override
    public void close() {
      if (batches != null) {
        batches.close();
      }
      if (held != null) {
        held.close();
      }
    }
  }

  /** The ranks whose passes did not fit, the same answer everywhere. */
  private List<Integer> outOfMemory(long update, Passes own) throws InterruptedException {
    List<Long> all = told.of(update - 1, own == Passes.OUT_OF_MEMORY ? 1 : 0);
    return IntStream.range(0, all.size()).filter(rank -> all.get(rank) != 0).boxed().toList();
  }
}

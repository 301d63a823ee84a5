/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.checkpoint.StateSize;
import io.cairn.checkpoint.TrainingState;
import io.cairn.data.Shard;
import io.cairn.data.Window;
import io.cairn.plan.Cursor;
import io.cairn.plan.StagedPlan;
import io.cairn.replica.ComputeDevice;
import io.cairn.replica.LayerGap;
import io.cairn.replica.Replica;
import io.cairn.worker.BigBatchReport.Against;
import io.cairn.worker.BigBatchReport.Comparison;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the first updates of a run once more on one worker, each from all of its examples as one
 * batch, and compares the states with those that the run has saved: after the first update, where a
 * difference shows where it comes from, and after the last.
 *
 * <p>No network, no rendezvous and no other rank takes part, so that nothing that a run relies on
 * can be wrong here in the same way, but for the model's own passes and the update itself.
 *
 * <p>Threading: the task's thread.
 */
public final class BigBatch {

  private static final Logger LOG = LoggerFactory.getLogger(BigBatch.class);

  private final BigBatchOrder order;
  private final Path local;
  private final List<Comparison> comparisons = new ArrayList<>();

  /** The plan that the run went by; it may have been left to its workers. */
  private StagedPlan cut;

  private BigBatch(BigBatchOrder order, Path local) {
    this.order = order;
    this.local = local;
  }

  /**
   * Makes the updates and compares.
   *
   * @param records the examples of all updates, unscaled: update by update, in each rank by rank,
   *     in each in the order of training
   * @param gpu the address of the GPU that Spark assigned to the task
   * @param local where files may be kept
   * @return one line, a {@link BigBatchReport}
   */
  public static Iterator<String> run(
      BigBatchOrder order, Iterator<byte[]> records, Optional<String> gpu, Path local)
      throws IOException, InterruptedException {
    LOG.info("one big batch: {}", ComputeDevice.bind(gpu).description());
    return List.of(new BigBatch(order, local).run(records).write()).iterator();
  }

  private BigBatchReport run(Iterator<byte[]> records) throws IOException, InterruptedException {
    try (OneWorker whole = OneWorker.of(order);
        OneWorker parts =
            order.statistics() == BigBatchOrder.Statistics.NONE ? null : OneWorker.of(order);
        OneWorker float64 =
            order.rounding() == BigBatchOrder.Rounding.NOT_MEASURED
                ? null
                : OneWorker.inFloat64(order)) {
      Cursor cursor = Cursor.START;
      for (long update = 1; update <= order.train().updates(); update++) {
        Window window = order.course(0).window(cursor);
        int examples = Math.toIntExact(window.updateExamples());
        try (Shard shard = stage(records, examples)) {
          whole.updateAsOneBatch(shard);
          if (parts != null) {
            parts.update(shard, microBatches(cursor, parts.replica()));
          }
          if (float64 != null) {
            float64.updateAsOneBatch(shard);
          }
        }
        if (window.next().epoch() > cursor.epoch()) {
          whole.epochDone();
          if (parts != null) {
            parts.epochDone();
          }
          if (float64 != null) {
            float64.epochDone();
          }
        }
        cursor = window.next();
        if (update == 1 || update == order.train().updates()) {
          compare(update, whole, parts);
          if (float64 != null) {
            add(Against.FLOAT64, update, whole.gapsTo(float64));
          }
        }
      }
      return new BigBatchReport(whole.largestPass(), comparisons);
    }
  }

  private Shard stage(Iterator<byte[]> records, int examples) {
    Iterator<byte[]> some =
        new Iterator<>() {
          private int left = examples;

          @Override
          public boolean hasNext() {
            return left > 0;
          }

          @Override
          public byte[] next() {
            left--;
            return records.next();
          }
        };
    return Shard.stage(
        some, order.data().layout(), order.data().scaling(), order.data().classWeights(), local);
  }

  /** As all ranks cut an update, one rank after the other. */
  private List<Integer> microBatches(Cursor cursor, Replica like) throws IOException {
    if (cut == null) {
      cut = order.plan().cut(saved(order.run(), 1, size(like)).position().plan().micro());
    }
    return IntStream.range(0, cut.workers())
        .mapToObj(rank -> order.course(cut, rank).window(cursor).microBatches())
        .flatMap(List::stream)
        .toList();
  }

  private void compare(long update, OneWorker whole, OneWorker parts) throws IOException {
    TrainingState run = saved(order.run(), update, size(whole.replica()));
    add(Against.ONE_BATCH, update, whole.gapsTo(run));
    if (parts != null) {
      add(Against.SAME_MICRO_BATCHES, update, parts.gapsTo(run));
    }
  }

  private void add(Against against, long update, List<LayerGap> layers) {
    comparisons.add(new Comparison(against, update, layers));
  }

  private static StateSize size(Replica replica) {
    return new StateSize(
        replica.bytesPerValue(), replica.parameterCount(), replica.state().updaterValueCount());
  }

  /** A run that had to go on with fewer workers is not the one that was asked about. */
  private TrainingState saved(RunHome home, long update, StateSize size) throws IOException {
    TrainingState state = home.checkpoints().load(update, size);
    int workers = state.position().plan().workers();
    if (workers != order.plan().workers()) {
      throw new IllegalStateException(
          "the updates were made by %d workers and not by the %d of the plan"
              .formatted(workers, order.plan().workers()));
    }
    return state;
  }
}

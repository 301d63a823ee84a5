/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.checkpoint.TrainingState;
import io.cairn.data.ConsecutiveBatches;
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.data.Shard;
import io.cairn.replica.Batches;
import io.cairn.replica.LayerGap;
import io.cairn.replica.OffHeapMemory;
import io.cairn.replica.Replica;
import io.cairn.replica.StateGaps;
import io.cairn.replica.WindowSums;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model that is trained by one worker alone, to be compared with one that many have trained.
 *
 * <p>Closed by who made it.
 *
 * <p>Threading: one thread.
 */
final class OneWorker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OneWorker.class);

  private final Replica replica;
  private final StateGaps gaps;
  private final Weights weights;
  private final OptionalDouble clipGlobalNorm;
  private final Function<ConsecutiveBatches, Batches> format;
  private int largestPass;
  private int mostExamples = Integer.MAX_VALUE;

  /** In the number format of the run. */
  static OneWorker of(BigBatchOrder order) {
    return new OneWorker(order, order.model(), batches -> batches::next);
  }

  /** In float64, whatever that of the run. */
  static OneWorker inFloat64(BigBatchOrder order) {
    return new OneWorker(order, order.float64(), batches -> Batches.inFloat64(batches::next));
  }

  private OneWorker(
      BigBatchOrder order,
      WorkerSpec.ModelSupply model,
      Function<ConsecutiveBatches, Batches> format) {
    this.format = format;
    replica = new Replica(model, Long.BYTES);
    gaps = replica.gaps();
    weights = order.data().layout().weights();
    double clip = order.train().clipGlobalNorm();
    clipGlobalNorm = Double.isInfinite(clip) ? OptionalDouble.empty() : OptionalDouble.of(clip);
  }

  /** One update from all examples, in as few passes as memory allows. */
  void updateAsOneBatch(Shard shard) throws InterruptedException {
    int most = Math.min(mostExamples, shard.size());
    boolean fits = tries(shard, most);
    while (!fits) {
      if (most == 1) {
        throw new MemoryTooSmallException(replica.iteration() + 1, List.of(0));
      }
      most = (most + 1) / 2;
      mostExamples = most;
      fits = tries(shard, most);
    }
    largestPass = Math.max(largestPass, most);
  }

  private boolean tries(Shard shard, int most) throws InterruptedException {
    return OffHeapMemory.fitting(
        () -> {
          update(shard, cut(shard.size(), most));
          return true;
        },
        reason -> {
          LOG.info("a pass over {} examples does not fit in memory: {}", most, reason);
          replica.abandonWindow();
          return false;
        });
  }

  private static List<Integer> cut(int examples, int most) {
    List<Integer> sizes = new ArrayList<>();
    for (int left = examples; left > 0; left -= most) {
      sizes.add(Math.min(left, most));
    }
    return sizes;
  }

  /** One update from all examples, in passes of given sizes. */
  void update(Shard shard, List<Integer> sizes) throws InterruptedException {
    replica.clear();
    WindowSums sums;
    try (ConsecutiveBatches batches = ConsecutiveBatches.start(shard, sizes)) {
      sums = replica.accumulate(sizes.size(), format.apply(batches), pass -> 0);
    }
    double norm = replica.gradientSumNorm();
    double loss = sums.lossSum() / sums.weight() + replica.regularizationScore();
    if (!(sums.weight() > 0) || !Double.isFinite(loss) || !Double.isFinite(norm)) {
      replica.skipUpdate();
    } else if (weights == Weights.NONE) {
      replica.update(shard.size(), norm, clipGlobalNorm);
    } else {
      replica.updateWeighted(shard.size(), sums.weight(), norm, clipGlobalNorm);
    }
  }

  void epochDone() {
    replica.epochDone();
  }

  /** Examples of the largest pass of {@link #updateAsOneBatch}. */
  int largestPass() {
    return largestPass;
  }

  Replica replica() {
    return replica;
  }

  /** How far this one is from another, which may have another number format. */
  List<LayerGap> gapsTo(OneWorker other) {
    return gaps.to(
        other.replica.state().parameterMemory(),
        other.replica.state().updaterMemory(),
        other.replica.bytesPerValue());
  }

  List<LayerGap> gapsTo(TrainingState state) {
    return gaps.to(state.parameters(), state.updater(), state.bytesPerValue());
  }

  @Override
  public void close() {
    replica.close();
  }
}

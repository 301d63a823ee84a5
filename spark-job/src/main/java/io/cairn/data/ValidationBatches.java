/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.util.Objects;
import java.util.Optional;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * One pass over a rank's validation shard, in the shard's own order. A thread of its own reads
 * ahead. A batch that was handed out is borrowed until the next call of {@link #next} or {@link
 * #close}, because its memory is used again. Where several are in use at a time, it is borrowed for
 * as many calls.
 *
 * <p>Whoever starts it closes it, before the shard.
 *
 * <p>Threading: one thread at a time takes and closes.
 *
 * <p>Failure: what the reading thread throws is thrown by {@link #next}.
 */
public final class ValidationBatches implements AutoCloseable {
  /** Besides those in use. */
  private static final int AHEAD = 1;

  private final Prefetcher prefetcher;
  private long batchesLeft;

  private ValidationBatches(Shard shard, int batch, int from, int inUse) {
    int examples = shard.size() - from;
    this.batchesLeft = ((long) examples + batch - 1) / batch;
    int capacity = Math.max(1, Math.min(batch, examples));
    this.prefetcher =
        new Prefetcher(
            "cairn-validation",
            shard.layout(),
            capacity,
            inUse,
            AHEAD,
            new InOrder(shard, batch, from));
  }

  /**
   * Starts reading ahead at once. The shard is borrowed until {@link #close}.
   *
   * @param batch examples of a batch; fewer in the last
   */
  public static ValidationBatches start(Shard shard, int batch) {
    return startAt(0, shard, batch, 1);
  }

  /**
   * The same behind the first examples.
   *
   * @param from how many examples are left out
   * @param inUse batches that are in use at a time, at least 1
   */
  public static ValidationBatches startAt(int from, Shard shard, int batch, int inUse) {
    if (batch < 1) {
      throw new IllegalArgumentException("a batch has at least 1 example, not " + batch);
    }
    return new ValidationBatches(shard, batch, Objects.checkIndex(from, shard.size() + 1), inUse);
  }

  /** How many batches are left. */
  public int left() {
    return Math.toIntExact(batchesLeft);
  }

  /** The next batch, borrowed until the next call; empty after the last. */
  public Optional<MultiDataSet> next() throws InterruptedException {
    if (batchesLeft == 0) {
      return Optional.empty();
    }
    MultiDataSet batch = prefetcher.take();
    batchesLeft--;
    return Optional.of(batch);
  }

  /** Ends the reading thread and frees the arrays handed out. */
  @Override
  public void close() {
    prefetcher.close();
  }

  /** Walks the shard on the reading thread, a batch a call. */
  private static final class InOrder implements Prefetcher.Filler {
    private final Shard shard;
    private final int batch;
    private int position;

    InOrder(Shard shard, int batch, int from) {
      this.shard = shard;
      this.batch = batch;
      this.position = from;
    }

    @Override
    public boolean fill(BatchSlot slot) {
      if (position == shard.size()) {
        return false;
      }
      int end = (int) Math.min((long) position + batch, shard.size());
      for (; position < end; position++) {
        slot.add(shard, position);
      }
      return true;
    }
  }
}

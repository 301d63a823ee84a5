/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.util.List;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The examples of a shard in its own order, in batches of given sizes. A thread of its own reads
 * ahead. A batch that was handed out is borrowed until the next call of {@link #next} or {@link
 * #close}.
 *
 * <p>Whoever starts it closes it, before the shard.
 *
 * <p>Threading: one thread takes and closes.
 *
 * <p>Failure: what the reading thread throws is thrown by {@link #next}.
 */
public final class ConsecutiveBatches implements AutoCloseable {
  private static final int AHEAD = 1;

  private final Prefetcher prefetcher;

  private ConsecutiveBatches(Prefetcher prefetcher) {
    this.prefetcher = prefetcher;
  }

  /**
   * Starts reading at once. The shard is borrowed until {@link #close}.
   *
   * @param sizes examples of each batch, at least 1; together as many as the shard has
   */
  public static ConsecutiveBatches start(Shard shard, List<Integer> sizes) {
    int sum = sizes.stream().mapToInt(Integer::intValue).sum();
    if (sum != shard.size() || sizes.stream().anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException(
          "batches of %s of a shard of %d examples".formatted(sizes, shard.size()));
    }
    int largest = sizes.stream().mapToInt(Integer::intValue).max().orElse(1);
    return new ConsecutiveBatches(
        new Prefetcher(
            "cairn-consecutive-batches",
            shard.layout(),
            largest,
            1,
            AHEAD,
            new InOrder(shard, List.copyOf(sizes))));
  }

  /** The next batch, borrowed until the next call. */
  public MultiDataSet next() throws InterruptedException {
    return prefetcher.take();
  }

  /** Ends the reading thread and frees the arrays handed out. */
  @Override
  public void close() {
    prefetcher.close();
  }

  /** Walks the shard on the reading thread, a batch a call. */
  private static final class InOrder implements Prefetcher.Filler {
    private final Shard shard;
    private final List<Integer> sizes;
    private int batch;
    private int position;

    InOrder(Shard shard, List<Integer> sizes) {
      this.shard = shard;
      this.sizes = sizes;
    }

    @Override
    public boolean fill(BatchSlot slot) {
      if (batch == sizes.size()) {
        return false;
      }
      int end = position + sizes.get(batch);
      for (; position < end; position++) {
        slot.add(shard, position);
      }
      batch++;
      return true;
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.StagedPlan;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Gives a rank its micro-batches in training order, window by window. A thread of its own reads
 * ahead, also into the next window and the next epoch.
 *
 * <pre>{@code
 * for (var window = batches.nextWindow(); window.isPresent(); window = batches.nextWindow()) {
 *   for (int size : window.get().microBatches()) {
 *     accumulate(batches.next(), size);
 *   }
 * }
 * }</pre>
 *
 * <p>The sizes of a window are known before its first micro-batch is taken. An array that was
 * handed out is borrowed until the next call of {@link #next} or {@link #close}, because its memory
 * is used again. Where several are in use at a time, it is borrowed for as many calls. The memory
 * is that of {@value #AHEAD} micro-batches besides those in use, and 4 bytes per example of the
 * shard, whatever the number of steps.
 *
 * <p>Whoever starts it closes it, before the shard.
 *
 * <p>Threading: one thread at a time takes and closes.
 *
 * <p>Failure: what the reading thread throws is thrown by {@link #next}.
 */
public final class MicroBatches implements AutoCloseable {
  /** Besides those in use: one ready, one being filled. */
  static final int AHEAD = 2;

  private final Shard shard;
  private final int inUse;
  private RankSampler sampler;
  private Prefetcher prefetcher;
  private Window window;
  private Cursor cursor;
  private long updatesLeft;
  private int untaken;

  private MicroBatches(Shard shard, RankSampler sampler, int inUse) {
    this.shard = shard;
    this.inUse = inUse;
    begin(sampler);
  }

  private void begin(RankSampler newSampler) {
    sampler = newSampler;
    cursor = newSampler.start();
    updatesLeft = newSampler.updates();
    untaken = 0;
    prefetcher =
        new Prefetcher(
            "cairn-micro-batches-" + newSampler.rank(),
            shard.layout(),
            Math.max(1, Math.min(newSampler.plan().micro(), shard.size())),
            inUse,
            AHEAD,
            new TrainingOrder(shard, newSampler));
  }

  /** Starts reading ahead at once. The shard is borrowed until {@link #close}. */
  public static MicroBatches start(Shard shard, RankSampler sampler) {
    return start(shard, sampler, 1);
  }

  /**
   * The same for several passes side by side.
   *
   * @param inUse micro-batches that are in use at a time, at least 1
   */
  public static MicroBatches start(Shard shard, RankSampler sampler, int inUse) {
    long expected = sampler.shard().size();
    if (shard.size() != expected) {
      throw new IllegalArgumentException(
          "the shard of rank %d holds %d examples, the schedule gives it %d"
              .formatted(sampler.rank(), shard.size(), expected));
    }
    return new MicroBatches(shard, sampler, inUse);
  }

  /**
   * The next window; empty after the last. All micro-batches of the one before must have been
   * taken.
   */
  public Optional<Window> nextWindow() {
    if (untaken > 0) {
      throw new IllegalStateException(untaken + " micro-batches of the window are not taken yet");
    }
    if (updatesLeft == 0) {
      return Optional.empty();
    }
    window = sampler.window(cursor);
    cursor = window.next();
    updatesLeft--;
    untaken = window.microBatches().size();
    return Optional.of(window);
  }

  /**
   * Goes back to the start of the present window, and on from there in micro-batches half as large.
   * The memory of the old ones is freed before that of the new ones is taken.
   *
   * @return the present window again: the same examples, in smaller micro-batches; empty where
   *     these have one example already, and then nothing has changed
   */
  public Optional<Window> halve() {
    Optional<StagedPlan> smaller = sampler.plan().halved();
    if (smaller.isEmpty()) {
      return Optional.empty();
    }
    RankSampler rest = sampler.rest(window.cursor(), updatesLeft + 1, smaller.get());
    prefetcher.close();
    begin(rest);
    return nextWindow();
  }

  /** The plan that the present window is cut by. */
  public BatchPlan plan() {
    return sampler.plan().in(window.cursor().epoch());
  }

  /** Whether the present window is the first in an epoch that begins other steps. */
  public boolean beginsStage() {
    return window.cursor().position() == 0 && sampler.plan().begins(window.cursor().epoch());
  }

  /**
   * The next micro-batch of the window: borrowed until the next call, or for as many calls as
   * micro-batches are in use. Waits if the reading thread is behind.
   *
   * @throws IllegalStateException if the window has no more, or if reading failed
   */
  public MultiDataSet next() throws InterruptedException {
    if (untaken == 0) {
      throw new IllegalStateException("the window has no more micro-batches");
    }
    MultiDataSet batch = prefetcher.take();
    untaken--;
    return batch;
  }

  /** Ends the reading thread and frees the arrays handed out. */
  @Override
  public void close() {
    prefetcher.close();
  }

  /** Walks the course on the reading thread, a micro-batch a call. */
  private static final class TrainingOrder implements Prefetcher.Filler {
    private final Shard shard;
    private final RankSampler sampler;
    private final EpochOrder order;
    private Cursor cursor;
    private long epoch = -1;
    private long updatesLeft;
    private List<Integer> sizes = List.of();
    private int batch;
    private int position;

    TrainingOrder(Shard shard, RankSampler sampler) {
      this.shard = shard;
      this.sampler = sampler;
      this.order = new EpochOrder(shard.size(), sampler.seed(), sampler.rank());
      this.cursor = sampler.start();
      this.updatesLeft = sampler.updates();
    }

    @Override
    public boolean fill(BatchSlot slot) {
      if (shard.size() == 0) {
        return false;
      }
      while (batch == sizes.size()) {
        if (updatesLeft == 0) {
          return false;
        }
        beginWindow();
      }
      for (int i = 0; i < sizes.get(batch); i++) {
        slot.add(shard, order.example(position));
        position++;
      }
      batch++;
      return true;
    }

    private void beginWindow() {
      if (cursor.epoch() != epoch) {
        epoch = cursor.epoch();
        sampler.begin(order, epoch);
      }
      Window window = sampler.window(cursor);
      sizes = window.microBatches();
      batch = 0;
      position = (int) sampler.windows(epoch).windowStart(sampler.rank(), cursor.position());
      cursor = window.next();
      updatesLeft--;
    }
  }
}

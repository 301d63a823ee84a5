/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A thread that fills micro-batches ahead of the thread that uses them. It has a fixed number of
 * slots that are used again and again, so that memory does not grow with the plan. The slots are
 * allocated by the prefetching thread itself, so that a lack of memory is reported like any other
 * failure.
 *
 * <p>Whoever starts it closes it, before the shard that it reads from.
 *
 * <p>Threading: {@link #take} and {@link #close} by one thread at a time; the filling runs on the
 * prefetcher's own.
 *
 * <p>Failure: once the thread has failed, every {@link #take} throws.
 */
final class Prefetcher implements AutoCloseable {
  private final List<BatchSlot> slots = new ArrayList<>();
  private final BlockingQueue<BatchSlot> free;
  private final BlockingQueue<Handed> filled;
  private final Thread thread;
  private final Queue<BatchSlot> lent = new ArrayDeque<>();
  private final int mostLent;
  private RuntimeException failure;

  /** What comes over the queue: a filled slot, or the end of the thread. */
  private sealed interface Handed {
    record Filled(BatchSlot slot) implements Handed {}

    record Failed(Throwable cause) implements Handed {}
  }

  /** Fills slots one after the other; runs on the prefetching thread. */
  interface Filler {
    /** Adds the examples of the next micro-batch; false if there is none left. */
    boolean fill(BatchSlot slot);
  }

  /**
   * @param capacity examples of a slot
   * @param mostLent slots that are in use at a time, at least 1
   * @param ahead slots besides those
   */
  Prefetcher(
      String name, ExampleLayout layout, int capacity, int mostLent, int ahead, Filler filler) {
    this.mostLent = mostLent;
    int slotCount = Math.addExact(mostLent, ahead);
    free = new ArrayBlockingQueue<>(slotCount);
    filled = new ArrayBlockingQueue<>(slotCount + 1);
    thread = new Thread(() -> run(layout, capacity, slotCount, filler), name);
    thread.setDaemon(true);
    thread.start();
  }

  private void run(ExampleLayout layout, int capacity, int slotCount, Filler filler) {
    try {
      for (int i = 0; i < slotCount; i++) {
        BatchSlot slot = new BatchSlot(layout, capacity);
        slots.add(slot);
        free.add(slot);
      }
      while (true) {
        BatchSlot slot = free.take();
        slot.clear();
        if (!filler.fill(slot)) {
          return;
        }
        filled.put(new Handed.Filled(slot));
      }
    } catch (InterruptedException e) {
      // Only close() interrupts this thread, and then waits for its end.
      return;
    } catch (Throwable e) { // also an error must reach the taker, who would wait for ever
      filled.add(new Handed.Failed(e));
    }
  }

  /**
   * Takes the next micro-batch. If as many as may be lent are lent, the oldest of them is given
   * back, and its arrays are overwritten from now on.
   *
   * @throws IllegalStateException if the thread failed
   */
  MultiDataSet take() throws InterruptedException {
    if (failure != null) {
      throw failure;
    }
    if (lent.size() == mostLent) {
      free.add(lent.remove());
    }
    Handed handed = filled.take();
    if (handed instanceof Handed.Filled f) {
      lent.add(f.slot());
      return f.slot().view();
    }
    Throwable cause = ((Handed.Failed) handed).cause();
    failure = new IllegalStateException("reading the next micro-batch failed: " + cause, cause);
    throw failure;
  }

  /**
   * Ends the thread, waits for it, and frees the slots; arrays still lent must not be used any
   * more.
   */
  @Override
  public void close() {
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted =
            true; // the thread reads from mapped memory: it must be gone before this returns
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    slots.forEach(BatchSlot::close);
    slots.clear();
  }
}

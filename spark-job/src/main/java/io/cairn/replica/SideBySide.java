/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does passes of one model on several threads at a time. Each thread has a network of its own, with
 * its own activations and gradient; the parameters are shared, and nobody changes them meanwhile.
 *
 * <p>Pass i belongs to thread {@code i mod threads}. Batches are taken, and results are added, in
 * the order of the passes, whichever ends first. So the bits of a sum do not depend on how many
 * threads there are. A thread takes its next batch when its last result is added: no more batches
 * are in use than there are threads.
 *
 * <p>Owned by the {@link Replica}. {@link #close} ends the threads and frees what only they had.
 *
 * <p>Threading: made, used and closed by one thread, which does the first network's passes itself.
 *
 * <p>Failure: what the first failing pass, in their order, has thrown. By then no pass is running
 * any more, and none behind the failed one is added. If the caller is interrupted, passes that run
 * are waited for, and none begins.
 */
final class SideBySide implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SideBySide.class);

  private final Network first;
  private final List<Lane> others = new ArrayList<>();

  /**
   * @param first the network whose parameters are shared
   * @param threads that compute, the caller's included; at least 1. Fewer do where there is not
   *     memory for as many gradients
   */
  SideBySide(Network first, int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("at least one thread, not " + threads);
    }
    this.first = first;
    int nativeThreads = NativeThreads.here();
    try {
      for (int lane = 1; lane < threads; lane++) {
        Lane other = new Lane(lane, first.sibling());
        others.add(other);
        finish(other, () -> NativeThreads.here(nativeThreads));
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      if (!OffHeapMemory.isExhausted(e)) {
        close();
        throw e;
      }
      LOG.warn(
          "{} micro-batches are computed side by side, not {}: there is no memory for more gradients: {}",
          threads(),
          threads,
          OffHeapMemory.reason(e));
    }
  }

  /**
   * What is done with a pass.
   *
   * @param <B> a batch
   * @param <R> what a pass leaves besides the gradient
   */
  interface Passes<B, R> {
    /** Takes the next batch: in the order of the passes, one at a time. */
    B take() throws InterruptedException;

    /** One pass, beside others. */
    R compute(PassNetwork network, B batch, int pass);

    /** Adds a pass's results: in the order of the passes, one at a time. */
    void add(PassNetwork network, B batch, R result);
  }

  /** A thread besides the caller's, with its network. */
  private static final class Lane {
    private final PassNetwork network;
    private final ExecutorService thread;
    private volatile Thread running;

    Lane(int number, PassNetwork network) {
      this.network = network;
      String name = Thread.currentThread().getName() + "-passes-" + number;
      this.thread =
          Executors.newSingleThreadExecutor(
              task -> {
                running = new Thread(task, name);
                running.setDaemon(true);
                return running;
              });
    }

    /** Ends the thread, which has nothing to do any more, and waits for that. */
    void end() {
      thread.shutdown();
      boolean interrupted = false;
      while (running != null && running.isAlive()) {
        try {
          running.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    void interrupt() {
      Thread started = running;
      if (started != null) {
        started.interrupt();
      }
    }
  }

  /** How many threads compute, the caller's included. */
  int threads() {
    return 1 + others.size();
  }

  /**
   * Does passes, and returns when all are added.
   *
   * @param count how many; with fewer than threads, some threads have nothing to do
   */
  <B, R> void run(int count, Passes<B, R> passes) throws InterruptedException {
    int used = Math.min(threads(), count);
    for (int lane = 1; lane < used; lane++) {
      PassNetwork network = others.get(lane - 1).network;
      network.iteration(first.iteration());
      network.epoch(first.epoch());
    }
    PassTurns<B, R> turns = new PassTurns<>(count, used, passes);
    together(used, turns);
    turns.throwFailure();
  }

  /** Does something with every network, each on its own thread, one after the other. */
  void everywhere(Consumer<PassNetwork> action) {
    action.accept(first);
    others.forEach(lane -> finish(lane, () -> action.accept(lane.network)));
  }

  /** Walks on each of the first threads and waits for all, also if the caller is interrupted. */
  private void together(int used, PassTurns<?, ?> turns) throws InterruptedException {
    CountDownLatch running = new CountDownLatch(Math.max(0, used - 1));
    for (int lane = 1; lane < used; lane++) {
      int number = lane;
      Lane other = others.get(lane - 1);
      other.thread.execute(
          () -> {
            try {
              turns.walkBeside(other.network, number);
            } finally {
              running.countDown();
            }
          });
    }
    InterruptedException interrupt = null;
    try {
      turns.walk(first, 0);
    } catch (InterruptedException e) {
      interrupt = e;
      stop(turns);
    }
    while (true) {
      try {
        running.await();
        break;
      } catch (InterruptedException e) {
        interrupt = e;
        stop(turns);
      }
    }
    if (interrupt != null) {
      throw interrupt;
    }
  }

  private void stop(PassTurns<?, ?> turns) {
    turns.stop();
    others.forEach(Lane::interrupt);
  }

  /** Does something on a thread and waits for it, whoever interrupts. */
  private static void finish(Lane lane, Runnable action) {
    Future<?> done = lane.thread.submit(action);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          done.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw PassTurns.unchecked(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Ends the threads; what only they had is freed, each thread's workspaces by itself. */
  @Override
  public void close() {
    for (Lane lane : others) {
      finish(
          lane,
          () -> {
            lane.network.forgetPasses();
            OffHeapMemory.freeClosedWorkspaces();
            lane.network.release();
          });
    }
    others.forEach(Lane::end);
    others.clear();
  }
}

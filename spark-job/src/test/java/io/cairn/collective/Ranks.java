/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/** Ranks as threads of a test, each with what came of it. Threads end with the call. */
public final class Ranks {

  private static final long LIMIT_SECONDS = 30;

  private Ranks() {}

  /**
   * What came of one rank.
   *
   * @param value what it returned, or null
   * @param failure what it threw, or null
   * @param took from start to end
   */
  public record Outcome<T>(T value, Throwable failure, Duration took) {

    /** What it returned. */
    public T orFail() {
      if (failure != null) {
        throw new AssertionError("a rank failed", failure);
      }
      return value;
    }
  }

  /** Runs every rank's part at once and waits for all of them. */
  public static <T> List<Outcome<T>> run(int worldSize, IntFunction<Callable<T>> part) {
    ExecutorService threads = Executors.newFixedThreadPool(worldSize);
    try {
      List<Future<Outcome<T>>> running = new ArrayList<>();
      for (int rank = 0; rank < worldSize; rank++) {
        Callable<T> mine = part.apply(rank);
        running.add(threads.submit(() -> outcome(mine)));
      }
      List<Outcome<T>> outcomes = new ArrayList<>();
      for (Future<Outcome<T>> future : running) {
        outcomes.add(future.get(LIMIT_SECONDS, TimeUnit.SECONDS));
      }
      return outcomes;
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the ranks did not come to an end", e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static <T> Outcome<T> outcome(Callable<T> part) {
    long start = System.nanoTime();
    T value = null;
    Throwable failure = null;
    try {
      value = part.call();
    } catch (Exception | AssertionError e) {
      failure = e;
    }
    return new Outcome<>(value, failure, Duration.ofNanos(System.nanoTime() - start));
  }
}

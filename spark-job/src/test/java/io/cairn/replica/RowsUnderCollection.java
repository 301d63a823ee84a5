/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A program whose threads add a row to a matrix while the garbage collector runs all the time. Ends
 * with 0 if all results were right.
 */
final class RowsUnderCollection {

  private static final int THREADS = 3;

  /** Until ND4J's code is compiled, which is when it lets go of what it no longer names. */
  private static final long ADDITIONS_BEFORE = 60_000;

  private static final int COLLECTIONS = 2_000;

  private RowsUnderCollection() {}

  /** Takes no arguments. */
  public static void main(String[] arguments) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    AtomicLong additions = new AtomicLong();
    AtomicBoolean over = new AtomicBoolean();
    List<Future<?>> loops = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      loops.add(threads.submit(() -> addRows(additions, over)));
    }
    while (additions.get() < ADDITIONS_BEFORE && loops.stream().noneMatch(Future::isDone)) {
      Thread.onSpinWait();
    }
    for (int i = 0; i < COLLECTIONS && loops.stream().noneMatch(Future::isDone); i++) {
      System.gc();
    }
    over.set(true);
    for (Future<?> loop : loops) {
      loop.get();
    }
    threads.shutdown();
  }

  private static void addRows(AtomicLong additions, AtomicBoolean over) {
    INDArray row = Nd4j.linspace(1, 64, 64, DataType.FLOAT).reshape(1, 64);
    INDArray rows = Nd4j.create(DataType.FLOAT, 32, 64);
    while (!over.get()) {
      rows.assign(0);
      rows.addiRowVector(row);
      if (rows.getFloat(0, 0) != 1 || rows.getFloat(31, 63) != 64) {
        throw new IllegalStateException("wrong sums");
      }
      additions.incrementAndGet();
    }
  }
}

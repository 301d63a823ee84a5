/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * Keeps what ND4J prints while it differentiates a graph (a line for each operator) from standard
 * output, on which commands have their results. Other threads print as ever.
 *
 * <p>Threading: safe everywhere; one thread at a time is silent.
 */
final class SilentOutput {

  private SilentOutput() {}

  /** Does something while what this thread prints is dropped. */
  static synchronized <T> T during(Supplier<T> action) {
    PrintStream before = System.out;
    Thread silent = Thread.currentThread();
    System.setOut(new Filter(before, silent));
    try {
      return action.get();
    } finally {
      System.setOut(before);
    }
  }

  /** Passes on what other threads print. */
  private static final class Filter extends PrintStream {
    private final Thread silent;

    Filter(PrintStream out, Thread silent) {
      super(out, true, StandardCharsets.UTF_8);
      this.silent = silent;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      if (Thread.currentThread() != silent) {
        super.write(bytes, offset, length);
      }
    }

    @Override
    public void write(int value) {
      if (Thread.currentThread() != silent) {
        super.write(value);
      }
    }

    @Override
    public void println(String line) {
      if (Thread.currentThread() != silent) {
        super.println(line);
      }
    }

    @Override
    public void println() {
      if (Thread.currentThread() != silent) {
        super.println();
      }
    }
  }
}

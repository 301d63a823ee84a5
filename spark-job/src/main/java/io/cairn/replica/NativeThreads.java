/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.OptionalInt;
import org.nd4j.common.config.ND4JEnvironmentVars;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * On how many threads native code (OpenMP, the BLAS) computes one operation. As micro-batches are
 * computed side by side, it is one: small operations gain nothing from more, and threads that share
 * cores with others wait for each other.
 *
 * <p>Whoever sets it closes it, which puts back what was before: the process may be somebody
 * else's.
 *
 * <p>Threading: set and closed on the thread that computes. OpenMP's number is the thread's own,
 * and is handed on to others by {@link #here}; the BLAS has one for the process.
 */
public final class NativeThreads implements AutoCloseable {

  private final OptionalInt before;
  private final int beforeInBlas;
  private final int beforeInEnvironment;

  private NativeThreads(OptionalInt before, int beforeInBlas, int beforeInEnvironment) {
    this.before = before;
    this.beforeInBlas = beforeInBlas;
    this.beforeInEnvironment = beforeInEnvironment;
  }

  /**
   * One thread for each operation, unless the environment says otherwise ({@code OMP_NUM_THREADS}),
   * or operations run on a GPU.
   */
  public static NativeThreads one() {
    if (!ComputeDevice.isCpuOnly() || asked().isPresent()) {
      return new NativeThreads(OptionalInt.empty(), 0, 0);
    }
    NativeThreads threads =
        new NativeThreads(
            OptionalInt.of(here()),
            Nd4j.factory().blas().getMaxThreads(),
            Nd4j.getEnvironment().maxThreads());
    here(1);
    Nd4j.factory().blas().setMaxThreads(1);
    Nd4j.getEnvironment().setMaxThreads(1);
    return threads;
  }

  /** What the environment says. */
  private static OptionalInt asked() {
    String given = System.getenv(ND4JEnvironmentVars.OMP_NUM_THREADS);
    return given != null && given.matches("\\d{1,6}")
        ? OptionalInt.of(Math.max(1, Integer.parseInt(given)))
        : OptionalInt.empty();
  }

  /** Threads of one operation while micro-batches are computed side by side. */
  public static int each() {
    return asked().orElse(1);
  }

  /** How many threads OpenMP gives an operation of the calling thread. */
  static int here() {
    return NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads();
  }

  /** Sets how many threads OpenMP gives an operation of the calling thread. */
  static void here(int threads) {
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
  }

  @Override
  public void close() {
    before.ifPresent(
        threads -> {
          here(threads);
          Nd4j.factory().blas().setMaxThreads(beforeInBlas);
          Nd4j.getEnvironment().setMaxThreads(beforeInEnvironment);
        });
  }
}

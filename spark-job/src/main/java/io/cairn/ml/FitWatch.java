/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.api.TrainingJob;
import io.cairn.telemetry.TrainingListener;
import java.util.Optional;

/**
 * Who looks on while the fits of a thread go on. An estimator's {@code fit} has no parameter for
 * that, so the thread carries it.
 *
 * <p>Threading: each thread has its own.
 */
interface FitWatch {

  /** Nobody. */
  FitWatch NOBODY =
      new FitWatch() {
        @Override
        public TrainingListener listener() {
          return new TrainingListener() {};
        }

        @Override
        public void begins(TrainingJob job) {}
      };

  /** Hears how the training goes. */
  TrainingListener listener();

  /** A job of this thread is about to train; it may be stopped from now on. */
  void begins(TrainingJob job);

  /** Who watches the fits of this thread. */
  static FitWatch current() {
    return Optional.ofNullable(Current.WATCH.get()).orElse(NOBODY);
  }

  /** Watches all fits of this thread from now on. */
  static void watch(FitWatch watch) {
    Current.WATCH.set(watch);
  }

  /** Where a thread keeps it. */
  final class Current {
    private static final ThreadLocal<FitWatch> WATCH = new ThreadLocal<>();

    private Current() {}
  }
}

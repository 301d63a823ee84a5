/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.control;

import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A rank's line to the driver, for one attempt.
 *
 * <p>Threading: safe everywhere. What is only for people is lost, with a word in the log, where the
 * driver does not answer.
 */
public interface DriverLine {

  /**
   * Exchanges a text with all ranks; blocks until every rank has come.
   *
   * @param rank of the caller
   * @param ranks how many there are
   * @param isCancelled whether the caller need not wait any more
   * @return the ranks' texts, in order
   * @throws ControlException if the attempt ends before all have come, or the driver is gone
   */
  List<String> gather(int rank, int ranks, String own, BooleanSupplier isCancelled)
      throws InterruptedException;

  /** Tells the driver how far the run is; does not wait. */
  void progress(String line);

  /** Whether the driver wants the run to stop. A driver that is gone does not. */
  boolean isStopAsked();

  /**
   * Tells the driver that all ranks have stopped and the state is saved; waits until it knows,
   * since a task's own result may be lost with the process that was told to end.
   */
  void stopped(String reason);

  /** To nobody: a rank that is alone in its process. */
  static DriverLine none() {
    return new DriverLine() {
      @Override
      public List<String> gather(int rank, int ranks, String own, BooleanSupplier isCancelled) {
        throw new ControlException("there is no driver to meet others by");
      }

      @Override
      public void progress(String line) {}

      @Override
      public boolean isStopAsked() {
        return false;
      }

      @Override
      public void stopped(String reason) {}
    };
  }
}

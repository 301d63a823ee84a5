/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.FencedException;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunStatus;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * {@code STATUS.json} as an attempt may write it: each write first asks whether the attempt's claim
 * still holds, and fails with a {@link FencedException} if another driver has the run.
 *
 * <p>Threading: its keeper takes care that one thread at a time writes.
 */
interface StatusFile {

  /**
   * Makes the output ready for an attempt, and writes its first status.
   *
   * @param first says that it is running
   */
  void begin(RunStatus first) throws IOException;

  /** Writes a later status. */
  void write(RunStatus status) throws IOException;

  /** Leaves the file as it is, because it is another driver's to write; who listens hears of it. */
  default void leave(RunStatus status) {}

  /**
   * That of a real run.
   *
   * @param claimed the run's directory under the attempt's claim
   * @param settingsJson the resolved settings with the plan, written when an attempt begins
   */
  static StatusFile in(RunDirectory claimed, String settingsJson) {
    return new StatusFile() {
      @Override
      public void begin(RunStatus first) throws IOException {
        claimed.begin(settingsJson, first);
      }

      @Override
      public void write(RunStatus status) throws IOException {
        claimed.writeStatus(status);
      }
    };
  }

  /** The same, of which somebody hears besides, also of what another driver's file does not say. */
  default StatusFile heardBy(Consumer<RunStatus> somebody) {
    StatusFile file = this;
    return new StatusFile() {
      @Override
      public void begin(RunStatus first) throws IOException {
        file.begin(first);
        somebody.accept(first);
      }

      @Override
      public void write(RunStatus status) throws IOException {
        file.write(status);
        somebody.accept(status);
      }

      @Override
      public void leave(RunStatus status) {
        somebody.accept(status);
      }
    };
  }
}

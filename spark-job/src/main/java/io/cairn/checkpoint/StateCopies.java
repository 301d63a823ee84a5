/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Copies of a model's states in direct memory. The memory of what is given back is used again.
 *
 * <p>Threading: one thread.
 */
final class StateCopies {

  private final Deque<TrainingState> free = new ArrayDeque<>();

  /**
   * Copies a state, of the same size each time.
   *
   * @param state borrowed until return
   * @throws OutOfMemoryError if there is no direct memory for it; what was given back is let go
   *     then
   */
  TrainingState of(TrainingState state) {
    TrainingState used = free.poll();
    try {
      return new TrainingState(
          state.position(),
          state.settingsJson(),
          state.bytesPerValue(),
          copy(state.parameters(), used == null ? List.of() : used.parameters()),
          copy(state.updater(), used == null ? List.of() : used.updater()));
    } catch (OutOfMemoryError e) {
      free.clear();
      throw e;
    }
  }

  /** Takes a copy back that nobody reads any more. */
  void giveBack(TrainingState copy) {
    free.push(copy);
  }

  private static List<ByteBuffer> copy(List<ByteBuffer> from, List<ByteBuffer> reused) {
    List<ByteBuffer> to = new ArrayList<>();
    for (int i = 0; i < from.size(); i++) {
      ByteBuffer source = from.get(i).duplicate();
      ByteBuffer target =
          i < reused.size() && reused.get(i).capacity() == source.remaining()
              ? reused.get(i).clear()
              : ByteBuffer.allocateDirect(source.remaining());
      to.add(target.put(source).flip());
    }
    return to;
  }
}

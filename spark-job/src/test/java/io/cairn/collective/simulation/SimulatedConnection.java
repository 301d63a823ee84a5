/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What connects a rank with one of its targets, there and back.
 *
 * <p>Threading: whoever has the baton.
 *
 * @param sender the rank
 * @param receiver its target
 * @param there from the rank to its target
 * @param back against the stream
 */
record SimulatedConnection(int sender, int receiver, SimulatedStream there, SimulatedStream back) {

  long give(ByteBuffer[] from) throws IOException {
    return there.give(from, this);
  }

  int giveBack(ByteBuffer from) throws IOException {
    return Math.toIntExact(back.give(new ByteBuffer[] {from}, this));
  }

  /** The rank closes it; what it has given still arrives, and before the news that it is closed. */
  void close() {
    back.abandon(there.end());
  }

  /** The same by the target. */
  void closeBack() {
    there.abandon(back.end());
  }

  /** Somebody on the way ends it. */
  void end() {
    there.end();
    back.end();
  }

  void reset() {
    there.reset();
    back.reset();
  }
}

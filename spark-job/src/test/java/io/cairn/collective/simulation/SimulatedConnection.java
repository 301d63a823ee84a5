/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.DamagedStreamException;
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
 * @param back the back-channel
 */
record SimulatedConnection(int sender, int receiver, SimulatedStream there, SimulatedStream back) {

  boolean isProtected() {
    return there.isProtected();
  }

  long give(ByteBuffer[] from) throws IOException {
    return there.give(from, this);
  }

  int take(ByteBuffer into) throws IOException {
    return taken(into, there, back);
  }

  int takeBack(ByteBuffer into) throws IOException {
    return taken(into, back, there);
  }

  /** Whoever finds something damaged tells the other end, and says nothing else any more. */
  private static int taken(ByteBuffer into, SimulatedStream stream, SimulatedStream against)
      throws IOException {
    try {
      return stream.take(into);
    } catch (DamagedStreamException e) {
      against.reject();
      throw e;
    }
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

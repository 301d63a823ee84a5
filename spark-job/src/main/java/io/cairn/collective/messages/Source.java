/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import io.cairn.collective.Link;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A rank that sends to this one. This rank answers on the back-channel, with heartbeats and, when
 * the group is broken, an abort.
 *
 * <p>Belongs to one group.
 *
 * <p>Threading: one thread.
 */
public final class Source extends Partner {

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final Link link;
  private final ByteBuffer header = ByteBuffer.allocateDirect(FrameHeader.BYTES);
  private ByteBuffer leaving = NOTHING;

  /**
   * @param place in the link's list of sources
   */
  public Source(Link link, int place, long groupId, FaultReporter reporter) {
    super(
        place,
        link.sources().get(place),
        link.isProtectedFrom(place),
        new Inbox(into -> link.receive(place, into), link.sources().get(place), groupId, reporter));
    this.link = link;
  }

  /** Sends a heartbeat on the back-channel, unless it has not taken all of the one before. */
  public void sendHeartbeat(FrameHeader heartbeat) throws IOException {
    if (flush()) {
      header.clear();
      heartbeat.encode(header);
      leaving = header.flip();
      flush();
    }
  }

  /** Sends an abort on the back-channel, the last message there; there is room for it. */
  public void sendAbort(ByteBuffer abort) throws IOException {
    if (flush()) {
      leaving = abort;
      flush();
    }
  }

  private boolean flush() throws IOException {
    while (leaving.hasRemaining() && link.sendBack(place(), leaving) > 0) {
      // Until all of it is taken, or no more is.
    }
    return !leaving.hasRemaining();
  }

  /** A source that has ended its stream does not listen to the back-channel either. */
  @Override
  public void end(IOException cause) {
    super.end(cause);
    markInformed();
  }
}

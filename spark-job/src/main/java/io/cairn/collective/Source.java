/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A rank that sends to this one, and what is known of it.
 *
 * <p>Belongs to one {@link GroupAllReduce}. Threading: one thread.
 */
final class Source {

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final Link link;
  private final int place;
  private final Peer peer;
  private final boolean isProtected;
  private final Inbox inbox;
  private final ByteBuffer header = ByteBuffer.allocateDirect(FrameHeader.BYTES);
  private ByteBuffer leaving = NOTHING;
  private Optional<IOException> ended = Optional.empty();
  private boolean informed;

  /**
   * @param place in the link's list of sources
   */
  Source(Link link, int place, long groupId, FaultReporter reporter) {
    this.link = link;
    this.place = place;
    this.peer = link.sources().get(place);
    this.isProtected = link.isProtectedFrom(place);
    this.inbox = new Inbox(into -> link.receive(place, into), peer, groupId, reporter);
  }

  /** In the link's list of sources. */
  int place() {
    return place;
  }

  Peer peer() {
    return peer;
  }

  /** Whether its messages come without checksums. */
  boolean isProtected() {
    return isProtected;
  }

  Inbox inbox() {
    return inbox;
  }

  /** Sends a heartbeat on the back-channel, unless it has not taken all of the one before. */
  void sendHeartbeat(FrameHeader heartbeat) throws IOException {
    if (flush()) {
      header.clear();
      heartbeat.encode(header);
      leaving = header.flip();
      flush();
    }
  }

  /** Sends an abort on the back-channel, the last message there; there is room for it. */
  void sendAbort(ByteBuffer abort) throws IOException {
    if (flush()) {
      leaving = abort;
      flush();
    }
  }

  private boolean flush() throws IOException {
    while (leaving.hasRemaining() && link.sendBack(place, leaving) > 0) {
      // Until all of it is taken, or no more is.
    }
    return !leaving.hasRemaining();
  }

  /** Why nothing more comes from it, if that is so. */
  Optional<IOException> ended() {
    return ended;
  }

  void end(IOException cause) {
    ended = Optional.of(cause);
    informed = true;
  }

  /** Whether it knows that the group is broken, or is beyond hearing. */
  boolean isInformed() {
    return informed;
  }

  void markInformed() {
    informed = true;
  }
}

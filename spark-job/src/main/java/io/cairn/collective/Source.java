/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.util.Optional;

/**
 * A rank that sends to this one, and what is known of it.
 *
 * <p>Belongs to one {@link GroupAllReduce}. Threading: one thread.
 */
final class Source {

  private final int place;
  private final Peer peer;
  private final Inbox inbox;
  private Optional<IOException> ended = Optional.empty();
  private boolean informed;

  /**
   * @param place in the link's list of sources
   */
  Source(Link link, int place, long attempt, Witness witness) {
    this.place = place;
    this.peer = link.sources().get(place);
    this.inbox = new Inbox(into -> link.receive(place, into), peer, attempt, witness);
  }

  /** In the link's list of sources. */
  int place() {
    return place;
  }

  Peer peer() {
    return peer;
  }

  Inbox inbox() {
    return inbox;
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

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.util.Optional;

/**
 * One of the ranks this one exchanges messages with, and what is known of it.
 *
 * <p>Belongs to one {@link GroupAllReduce}. Threading: one thread.
 */
final class Partner {

  private final Peer peer;
  private final Inbox inbox;
  private final Outbox outbox;
  private Optional<IOException> ended = Optional.empty();
  private boolean informed;

  /**
   * @param place in the link's list of partners
   */
  Partner(Link link, int place, long attempt, Witness witness) {
    this.peer = link.partners().get(place);
    this.inbox = new Inbox(into -> link.receive(place, into), peer, attempt, witness);
    this.outbox = new Outbox(link, place, witness);
  }

  Peer peer() {
    return peer;
  }

  Inbox inbox() {
    return inbox;
  }

  Outbox outbox() {
    return outbox;
  }

  /** Why nothing more comes from it, if that is so. */
  Optional<IOException> ended() {
    return ended;
  }

  void end(IOException cause) {
    ended = Optional.of(cause);
  }

  /** Whether it knows that the group is broken, or is beyond hearing. */
  boolean isInformed() {
    return informed;
  }

  void markInformed() {
    informed = true;
  }
}

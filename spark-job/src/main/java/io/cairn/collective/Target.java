/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.util.Optional;

/**
 * A rank that this one sends to, and what is known of it. It says nothing but that the group is
 * broken.
 *
 * <p>Belongs to one {@link GroupAllReduce}. Threading: one thread.
 */
final class Target {

  private final int place;
  private final Peer peer;
  private final boolean isProtected;
  private final Outbox outbox;
  private final Inbox backChannel;
  private Optional<IOException> ended = Optional.empty();
  private boolean informed;

  /**
   * @param place in the link's list of targets
   */
  Target(Link link, int place, long groupId, FaultReporter reporter) {
    this.place = place;
    this.peer = link.targets().get(place);
    this.isProtected = link.isProtectedTo(place);
    this.outbox = new Outbox(link, place, reporter);
    this.backChannel = new Inbox(into -> link.receiveBack(place, into), peer, groupId, reporter);
  }

  /** In the link's list of targets. */
  int place() {
    return place;
  }

  Peer peer() {
    return peer;
  }

  /** Whether it gets messages without checksums. */
  boolean isProtected() {
    return isProtected;
  }

  Outbox outbox() {
    return outbox;
  }

  /** What it sends on the back-channel. */
  Inbox backChannel() {
    return backChannel;
  }

  /** Why nothing more is taken by it, if that is so. */
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

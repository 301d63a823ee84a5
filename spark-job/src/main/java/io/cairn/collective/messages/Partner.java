/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import io.cairn.collective.Peer;
import java.io.IOException;
import java.util.Optional;

/**
 * A rank that this one exchanges messages with. It keeps what is known of that rank: whether it can
 * still be reached, and whether it knows that the group is broken.
 *
 * <p>Belongs to one group.
 *
 * <p>Threading: one thread.
 */
public abstract sealed class Partner permits Source, Target {

  private final int place;
  private final Peer peer;
  private final boolean isProtected;
  private final Inbox inbox;
  private Optional<IOException> ended = Optional.empty();
  private boolean informed;

  Partner(int place, Peer peer, boolean isProtected, Inbox inbox) {
    this.place = place;
    this.peer = peer;
    this.isProtected = isProtected;
    this.inbox = inbox;
  }

  /** In the link's list of sources, or of targets. */
  public int place() {
    return place;
  }

  /** The rank, as errors name it. */
  public Peer peer() {
    return peer;
  }

  /** Whether messages on its stream carry no checksums. */
  public boolean isProtected() {
    return isProtected;
  }

  /** What it sends: a source's messages, or what a target says on the back-channel. */
  public Inbox inbox() {
    return inbox;
  }

  /** Why it can no longer be reached, if that is so. */
  public Optional<IOException> ended() {
    return ended;
  }

  /** From now on it can no longer be reached. */
  public void end(IOException cause) {
    ended = Optional.of(cause);
  }

  /** Whether it knows that the group is broken, or is beyond hearing. */
  public boolean isInformed() {
    return informed;
  }

  /** It knows that the group is broken. */
  public void markInformed() {
    informed = true;
  }
}

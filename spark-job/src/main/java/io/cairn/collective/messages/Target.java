/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import io.cairn.collective.Link;

/**
 * A rank that this one sends to. What it says itself, on the back-channel, are heartbeats, and that
 * the group is broken.
 *
 * <p>Belongs to one group. Threading: one thread.
 */
public final class Target extends Partner {

  private final Outbox outbox;

  /**
   * @param place in the link's list of targets
   */
  public Target(Link link, int place, long groupId, FaultReporter reporter) {
    super(
        place,
        link.targets().get(place),
        link.isProtectedTo(place),
        new Inbox(
            into -> link.receiveBack(place, into), link.targets().get(place), groupId, reporter));
    this.outbox = new Outbox(link, place, reporter);
  }

  /** What leaves for it. */
  public Outbox outbox() {
    return outbox;
  }
}

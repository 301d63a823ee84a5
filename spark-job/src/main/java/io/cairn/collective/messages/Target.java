/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import io.cairn.collective.Link;

/**
 * A rank that this one sends to. It answers on the back-channel, with heartbeats and, when the
 * group is broken, an abort.
 *
 * <p>Belongs to one group.
 *
 * <p>Threading: one thread.
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

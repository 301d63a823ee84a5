/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.failures;

import io.cairn.collective.messages.Source;
import java.util.Optional;

/**
 * Says what has still to come from the sources before a sum is done. Whoever judges a failure asks
 * nothing else of the half that receives.
 *
 * <p>Threading: the group's thread.
 */
public interface ReceivingHalf {

  /** Whether all messages of the schedule have arrived and been worked in. */
  boolean done();

  /** Whose message is due; nobody's once all are there. */
  Optional<Source> awaited();

  /**
   * Whether the source that is due has yet to give something; else this rank is held up elsewhere.
   */
  boolean isStarved();

  /**
   * Whether the next thing to come from {@code source} is the header of the message that is due.
   */
  boolean expectsHeaderOf(Source source);

  /** Whether anything of a message is still to come from {@code source}. */
  boolean needs(Source source);

  /** When the source that is due last gave data; a heartbeat alone does not count. */
  long lastDataNanos();
}

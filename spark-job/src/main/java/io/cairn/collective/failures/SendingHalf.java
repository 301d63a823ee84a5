/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.failures;

import io.cairn.collective.messages.Target;
import java.util.Optional;

/**
 * Says what has still to go to the targets before a sum is done. Whoever judges a failure asks
 * nothing else of the half that sends.
 *
 * <p>Threading: the group's thread.
 */
public interface SendingHalf {

  /** Who is taking a message of the schedule, if anybody is. */
  Optional<Target> taking();

  /** Whether anything is still to be sent to {@code target}. */
  boolean owes(Target target);
}

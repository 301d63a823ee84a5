/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import java.util.Objects;

/**
 * What one rank wants to happen after an update. The votes travel in the update's all-reduce, so
 * that all ranks do the same after the same update.
 *
 * @param save whether a checkpoint is due; rank 0 says so
 * @param stop whether training should end, and why
 */
record ControlVotes(Save save, StopVote stop) {

  /** Nothing at all. */
  static final ControlVotes NONE = new ControlVotes(Save.NOT_DUE, StopVote.NONE);

  /** Whether a checkpoint is due. */
  enum Save {
    NOT_DUE,
    DUE
  }

  ControlVotes {
    Objects.requireNonNull(save, "save");
    Objects.requireNonNull(stop, "stop");
  }
}

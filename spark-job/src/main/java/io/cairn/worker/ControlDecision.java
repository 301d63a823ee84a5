/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import java.util.List;
import java.util.Optional;

/**
 * What all ranks do after an update. It is the same on all of them, because all have read the same
 * votes.
 *
 * @param save whether a checkpoint is taken
 * @param stops the ranks' votes to end, in the order of ranks
 */
record ControlDecision(ControlVotes.Save save, List<StopVote> stops) {

  ControlDecision {
    stops = List.copyOf(stops);
  }

  /** Whether the run has trained as long as it may. */
  boolean isTimeOver() {
    return stops.contains(StopVote.TIME);
  }

  /** Why the run is interrupted here, for a person; empty if it is not. */
  Optional<String> stop() {
    for (int rank = 0; rank < stops.size(); rank++) {
      if (stops.get(rank) == StopVote.PROCESS) {
        return Optional.of("rank " + rank + "'s process was told to end");
      }
    }
    return stops.contains(StopVote.DRIVER)
        ? Optional.of("the driver asked for a stop")
        : Optional.empty();
  }
}

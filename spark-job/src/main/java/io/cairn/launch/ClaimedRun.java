/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.Checkpoint;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import java.util.Optional;

/**
 * A run that an attempt has claimed.
 *
 * @param claim by which it has it
 * @param from the checkpoint to go on from; empty for the beginning
 * @param plan under which it goes on; at the beginning it may be left to the workers to complete it
 */
record ClaimedRun(AttemptClaim claim, Optional<Checkpoint> from, AskedPlan plan) {

  /** The same under another plan. */
  ClaimedRun under(AskedPlan newPlan) {
    return new ClaimedRun(claim, from, newPlan);
  }

  /** Updates done. */
  long update() {
    return from.map(Checkpoint::update).orElse(0L);
  }

  /** The plan of the next update; where a probe decides, its workers and windows. */
  BatchPlan nextPlan() {
    return plan.plan().in(from.map(Checkpoint::position).map(at -> at.cursor().epoch()).orElse(0L));
  }

  /** Epochs begun, as metrics count them: 0 before the first. */
  int epoch() {
    return from.map(Checkpoint::position)
        .map(at -> at.cursor().epoch() + (at.cursor().position() > 0 ? 1 : 0))
        .map(Math::toIntExact)
        .orElse(0);
  }
}

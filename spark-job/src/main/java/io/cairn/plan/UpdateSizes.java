/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.util.Objects;

/**
 * How many examples the updates of a run have, which tells how much of the run's work is done.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param plan that of each epoch, from the first on
 * @param examples of an epoch, at least 1
 */
public record UpdateSizes(StagedPlan plan, long examples) {
  public UpdateSizes {
    Objects.requireNonNull(plan, "plan");
    if (examples < 1) {
      throw new IllegalArgumentException("examples must be at least 1, not " + examples);
    }
  }

  /** Examples of the first so many updates. */
  public long through(long updates) {
    Cursor end = plan.after(updates, examples);
    long inEpoch = end.position() * plan.in(end.epoch()).effective();
    return Math.addExact(Math.multiplyExact(end.epoch(), examples), inEpoch);
  }
}

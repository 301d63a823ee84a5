/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import java.io.Serializable;
import java.util.Objects;

/**
 * Consecutive updates of one epoch that were made under one plan.
 *
 * <p>An epoch has a single segment unless the plan changed during it. Together its segments tell
 * which of the epoch's examples have been used.
 *
 * @param plan the plan of these updates
 * @param updates how many, at least 1
 */
public record PlanSegment(BatchPlan plan, long updates) implements Serializable {
  private static final long serialVersionUID = 1L;

  public PlanSegment {
    Objects.requireNonNull(plan, "plan");
    if (updates < 1) {
      throw new IllegalArgumentException("a segment of " + updates + " updates");
    }
  }
}

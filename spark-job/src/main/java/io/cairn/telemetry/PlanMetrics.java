/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import io.cairn.plan.BatchPlan;
import java.util.Objects;

/**
 * A change of the batch plan, as {@code metrics.jsonl} and the progress display show it.
 *
 * @param update the first update made under it
 * @param epoch the epoch it belongs to, from 1
 * @param plan workers, micro-batch and steps
 * @param reason why, for a person
 */
public record PlanMetrics(long update, int epoch, BatchPlan plan, String reason) {
  public PlanMetrics {
    Objects.requireNonNull(plan, "plan");
    Objects.requireNonNull(reason, "reason");
  }
}

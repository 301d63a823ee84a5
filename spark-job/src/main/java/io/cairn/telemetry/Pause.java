/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

/**
 * What passed between two updates of an attempt, on rank 0.
 *
 * @param betweenMs all of it: validation, checkpoint, keeping the best model, writing metrics
 * @param checkpointMs what training waited for a checkpoint, which is part of it
 */
public record Pause(double betweenMs, double checkpointMs) {

  /** That before the first update of an attempt, and where it was not measured. */
  public static final Pause NONE = new Pause(0, 0);
}

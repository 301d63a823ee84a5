/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.plan.RunPosition;

/**
 * A checkpoint of which every byte has been verified.
 *
 * @param position how far the run was
 * @param settingsJson the run's resolved settings with the plan, as they were
 * @param location its directory
 */
public record Checkpoint(RunPosition position, String settingsJson, String location) {

  /** Updates done. */
  public long update() {
    return position.update();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;

/**
 * Hears how a run goes while it goes.
 *
 * <p>Updates come a few times a second at most; where they are faster, the newest is told and those
 * between are not. All of them are in the result's history.
 *
 * <p>Threading: one call at a time, on threads of the run's. What it throws is written to the log
 * and changes nothing.
 */
public interface TrainingListener {

  /** A line about what the run does now, or what the user should know. */
  default void note(String line) {}

  /**
   * Model and data are good, and training begins.
   *
   * @param updates of the whole run
   * @param epochs of the whole run
   */
  default void begins(long updates, long epochs) {}

  /** An update was made. */
  default void update(UpdateMetrics update) {}

  /** The model was validated. */
  default void validation(ValidationMetrics validation) {}

  /** Another plan is in force from now on. */
  default void plan(PlanMetrics plan) {}
}

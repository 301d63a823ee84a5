/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.io.IOException;

/**
 * Hears how a run goes while it goes.
 *
 * <p>Given to {@code TrainingJob} as a listener, it hears what is news: updates come a few times a
 * second at most; where they are faster, the newest is told and those between are not. All of them
 * are in the result's history. Whoever keeps metrics wants each of them: that is a {@link
 * io.cairn.telemetry.tracking.Tracker}.
 *
 * <p>Threading: one call at a time, on threads of the run's. What it throws is written to the log
 * and changes nothing.
 */
public interface TrainingListener {

  /** A line about what the run does now, or what the user should know. */
  default void note(String line) throws IOException {}

  /** Model and data are good, and training begins. */
  default void begins(RunStart run) throws IOException {}

  /** An update was made. */
  default void update(UpdateMetrics update) throws IOException {}

  /** The model was validated. */
  default void validation(ValidationMetrics validation) throws IOException {}

  /** Another plan is in force from now on. */
  default void plan(PlanMetrics plan) throws IOException {}

  /** The run has ended; its files are as they will be. */
  default void ends(RunEnd end) throws IOException {}
}

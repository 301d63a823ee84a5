/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import io.cairn.telemetry.TrainingListener;
import java.io.IOException;

/**
 * Keeps a run's metrics somewhere else: a listener that is told of each update, validation and
 * change of plan, in order and once, however often the run fails and goes on.
 *
 * <p>It is told what {@code metrics.jsonl} has, and notes are not in there. Each tracker has a
 * thread of its own: one that is slow, or whose server is down, slows neither the training nor
 * another tracker. What it could not take is told again later, from the file.
 *
 * <p>The calls come in this order: {@link #begins}, {@link #through}, {@link #takesBack} for each
 * attempt, what happened, with a {@link #flush} from time to time, {@link #ends}, {@link #close}.
 *
 * <p>The run closes it, if it came to an attempt. Threading: one call at a time, on the tracker's
 * thread.
 *
 * <p>Failure: what a method throws is told to the user once. The call is made again after a pause;
 * what was told since the last {@link #flush} is told again, but for what {@link #through} says is
 * there.
 */
public interface Tracker extends TrainingListener, AutoCloseable {

  /** What it is, for a person, such as {@code MLflow at http://mlflow:5000}. */
  default String name() {
    return getClass().getSimpleName();
  }

  /**
   * The last update that needs not be told, with its validation: another driver of this run has
   * told it, or a call that failed has done its work all the same. 0: none. Asked at the beginning
   * and after each failure.
   */
  default long through() throws IOException {
    return 0;
  }

  /**
   * An attempt goes on from the state after an update, and makes later ones again. A tracker that
   * can forget what it was told of them does so and returns true, and is told of them again. All
   * others are told each update once, in the numbers of its first time.
   */
  default boolean takesBack(long update) throws IOException {
    return false;
  }

  /**
   * What was told has to be kept now.
   *
   * @return whether it is; what is not yet is told again after a failure
   */
  default boolean flush() throws IOException {
    return true;
  }

  @Override
  default void close() throws IOException {}
}

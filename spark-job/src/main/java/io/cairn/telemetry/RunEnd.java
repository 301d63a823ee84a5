/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.Objects;

/**
 * How a run has ended.
 *
 * @param state what came of it
 * @param reason why, for a person; empty where all is well
 */
public record RunEnd(State state, String reason) {

  /** What came of a run. */
  public enum State {
    /** The model is there. */
    SUCCEEDED,
    /** Somebody or something stopped it; the same command goes on. */
    STOPPED,
    /** It ended by an error. */
    FAILED
  }

  public RunEnd {
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(reason, "reason");
  }
}

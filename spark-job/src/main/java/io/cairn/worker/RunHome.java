/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.BestStates;
import io.cairn.checkpoint.CheckpointStore;
import io.cairn.checkpoint.Retention;
import io.cairn.checkpoint.RunDirectory;
import java.io.IOException;
import java.io.Serializable;
import java.util.Map;
import java.util.Objects;

/**
 * The directory of a run, with all that another machine needs to open it.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param output the run's directory
 * @param hadoop settings of the file system that holds it
 * @param retention which checkpoints stay
 */
public record RunHome(String output, Map<String, String> hadoop, Retention retention)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  public RunHome {
    Objects.requireNonNull(output, "output");
    Objects.requireNonNull(retention, "retention");
    hadoop = Map.copyOf(hadoop);
  }

  /** The directory, for reading. */
  public RunDirectory directory() throws IOException {
    return RunDirectory.open(output, hadoop);
  }

  /** The run's checkpoints. */
  public CheckpointStore checkpoints() throws IOException {
    return CheckpointStore.open(output, hadoop, retention);
  }

  /** The states that have been the best so far. */
  BestStates bests() throws IOException {
    return BestStates.open(output, hadoop);
  }

  /** A claim that the driver took. */
  AttemptClaim claim(int attempt, String token) throws IOException {
    return AttemptClaim.held(output, hadoop, attempt, token);
  }
}

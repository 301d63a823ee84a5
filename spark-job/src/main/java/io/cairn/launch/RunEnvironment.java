/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.FencedException;
import io.cairn.checkpoint.NewerCheckpointException;
import io.cairn.plan.AskedPlan;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * All that a run's lifecycle asks of the world and does to it: the run's output, the cluster, and
 * who wants the run to end.
 *
 * <p>Threading: the lifecycle's thread; {@link #stopAsked} from any. An IOException comes from the
 * file system; one that is a {@link FencedException} says that another driver has the run.
 */
interface RunEnvironment {

  /**
   * Claims the next attempt.
   *
   * @param after the last attempt that this driver has claimed, 0 for none
   */
  AttemptClaim claim(int after) throws IOException;

  /** Returns if no other driver has claimed the run since. */
  void requireNewest(AttemptClaim claim) throws IOException;

  /** Where the run's status is written under a claim. */
  StatusFile status(AttemptClaim claim) throws IOException;

  /** Whether the run has come to its end already, by another driver. */
  boolean isFinished() throws IOException;

  /**
   * Finds the newest good checkpoint, and the plan to go on under.
   *
   * @throws NewerCheckpointException if only a newer version of Cairn can read it
   * @throws LaunchException if the run cannot go on from it, or must and there is none
   */
  ClaimedRun restore(AttemptClaim claim, ResumeMode resume) throws IOException;

  /** Waits for executors; not any longer when a stop is asked for, or the cluster ends. */
  Allocation allocate(AskedPlan wanted) throws InterruptedException;

  /** Runs the barrier job to its end; a stop that is asked for meanwhile is passed on to it. */
  AttemptEnd launch(ClaimedRun run) throws InterruptedException;

  /** Puts the model that an attempt wrote in place. */
  void publishModel(AttemptClaim claim) throws IOException;

  /** The update of the newest checkpoint, not verified; 0 for none, or if nobody can tell. */
  long newestCheckpoint();

  /**
   * Gives a host that keeps failing no more tasks.
   *
   * @param executor one of the host's executors, lost or not
   * @return whether it is left out from now on, and was not before
   */
  boolean leaveOut(String host, String executor);

  /** Waits; not any longer when a stop is asked for. */
  void pause(Duration longest) throws InterruptedException;

  /** Why to stop, once somebody has asked. */
  Optional<String> stopAsked();

  /** Whether the cluster has ended the application, so that no executor will ever come. */
  boolean isClusterOver();

  /**
   * The outcome of a run whose application the cluster has ended.
   *
   * @param meanwhile what the driver did, as a clause
   */
  Outcome endedByCluster(String meanwhile);
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * The states that have been the best of a run so far, in the directory {@code best/}, each as a
 * checkpoint is. From that of the best validation the run's {@code model-best.zip} is made when it
 * ends.
 *
 * <p>There may be several, because an attempt may go back to any checkpoint that is kept, and then
 * the best up to there has to be there still. What is of a later update than an attempt goes on
 * from is deleted when it begins: it may never be made again.
 *
 * <p>Every change requires the attempt's claim.
 *
 * <p>Threading: one thread per instance.
 */
public final class BestStates {

  static final String DIRECTORY = "best";

  private final RunFileSystem run;
  private final CheckpointStore states;
  private final CheckpointStore checkpoints;

  private BestStates(RunFileSystem run, CheckpointStore states, CheckpointStore checkpoints) {
    this.run = run;
    this.states = states;
    this.checkpoints = checkpoints;
  }

  /**
   * Opens those of a run; creates nothing.
   *
   * @param output the run's directory
   * @param hadoop Hadoop settings on top of those on the class path
   */
  public static BestStates open(String output, Map<String, String> hadoop) throws IOException {
    return open(RunFileSystem.of(output, hadoop));
  }

  static BestStates open(RunFileSystem run) {
    return new BestStates(
        run,
        CheckpointStore.openAll(run, DIRECTORY),
        CheckpointStore.openAll(run, CheckpointStore.DIRECTORY));
  }

  /** Begins an attempt that goes on after an update: forgets what would be of its future. */
  public void begin(long fromUpdate, AttemptClaim claim) throws IOException {
    claim.requireNewest();
    for (long update : updates()) {
      if (update > fromUpdate) {
        states.delete(update);
      }
    }
  }

  /** The updates of which there is a state, ascending. */
  public List<Long> updates() throws IOException {
    return run.directories().contains(DIRECTORY) ? states.updates() : List.of();
  }

  /**
   * Saves a state, and deletes those that no attempt can need any more: that goes on from a
   * checkpoint which is kept, or from a later one.
   *
   * @param state borrowed until return
   */
  void save(TrainingState state, AttemptClaim claim) throws IOException {
    states.save(state, claim);
    List<Long> kept = checkpoints.updates();
    long oldest = kept.isEmpty() ? 0 : kept.get(0);
    List<Long> before = updates().stream().filter(each -> each <= oldest).toList();
    for (int i = 0; i < before.size() - 1; i++) {
      states.delete(before.get(i));
    }
  }

  /**
   * Reads the state of one of {@link #updates}. When this fails, the content of the memory is
   * undefined.
   *
   * @param expected what the model needs
   * @param parameters filled from each piece's position to its limit; borrowed until return
   * @param updater likewise
   */
  public Checkpoint load(
      long update, StateSize expected, List<ByteBuffer> parameters, List<ByteBuffer> updater)
      throws IOException {
    return states.load(update, expected, parameters, updater);
  }

  /** Deletes all of them: the run is over. */
  public void delete(AttemptClaim claim) throws IOException {
    claim.requireNewest();
    run.delete(DIRECTORY);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.checkpoint.Checkpoint;
import io.cairn.checkpoint.CheckpointStore;
import io.cairn.checkpoint.CheckpointWriter;
import io.cairn.checkpoint.MetricsLog;
import io.cairn.checkpoint.StateSize;
import io.cairn.checkpoint.TrainingState;
import io.cairn.collective.AllReduce;
import io.cairn.plan.RunPosition;
import io.cairn.replica.Replica;
import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.RunNote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A rank's part in checkpoints. It loads the state that an attempt starts from, and when a
 * checkpoint is due it lets all ranks compare their states before rank 0 saves its own.
 *
 * <p>When a checkpoint is saved, {@code metrics.jsonl} already holds every line up to its update,
 * and also the validation if an epoch ended with that update. So a run that goes on from the
 * checkpoint neither loses nor repeats a line.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica.
 */
final class StateKeeper {

  private final Replica replica;
  private final AllGather digests;
  private final Optional<Saving> saving;
  private final RoundedUpdates rounded;

  /**
   * What only rank 0 has.
   *
   * @param writer saves
   * @param log made safe before each save
   * @param settingsJson the run's resolved settings with the plan
   */
  record Saving(CheckpointWriter writer, MetricsLog log, String settingsJson) {}

  /**
   * @param saving empty on all ranks but rank 0
   * @param rounded after which updates nothing is left over
   */
  StateKeeper(
      Replica replica, AllReduce allReduce, Optional<Saving> saving, RoundedUpdates rounded) {
    this.replica = replica;
    this.digests = new AllGather(allReduce);
    this.saving = saving;
    this.rounded = rounded;
  }

  /** Sets the replica to where the attempt starts, from a checkpoint if there is one. */
  static RunPosition start(Replica replica, WorkerSpec spec) throws IOException {
    if (spec.checkpoints().fromUpdate() == 0) {
      return RunPosition.start(
          spec.plan().first(), replica.iteration(), replica.epoch(), spec.data().trainExamples());
    }
    CheckpointStore store = spec.checkpoints().home().checkpoints();
    return read(
        replica,
        (size, parameters, updater) ->
            store.load(spec.checkpoints().fromUpdate(), size, parameters, updater));
  }

  /** Where a state is read from. */
  @FunctionalInterface
  interface SavedState {
    /**
     * Reads it.
     *
     * @param size what the model needs
     * @param parameters filled
     * @param updater filled
     */
    Checkpoint load(StateSize size, List<ByteBuffer> parameters, List<ByteBuffer> updater)
        throws IOException;
  }

  /** Sets the replica to a state that was saved, and says where in the run that was. */
  static RunPosition read(Replica replica, SavedState saved) throws IOException {
    StateSize size =
        new StateSize(
            replica.bytesPerValue(), replica.parameterCount(), replica.state().updaterValueCount());
    AtomicReference<Checkpoint> read = new AtomicReference<>();
    replica
        .state()
        .overwrite((parameters, updater) -> read.set(saved.load(size, parameters, updater)));
    RunPosition position = read.get().position();
    replica.state().counts(position.iteration(), position.modelEpoch());
    return position;
  }

  /**
   * Compares the whole states of all ranks: before the first update of an attempt, so that no rank
   * goes on from something else, and before a state is saved, so that what is saved is every
   * rank's. Every rank must call it with the same position.
   *
   * @throws ReplicasDivergedException if they differ
   */
  void requireSame(RunPosition at) throws InterruptedException {
    List<Long> all = digests.of(at.update(), Integer.toUnsignedLong(replica.state().digest()));
    if (all.stream().distinct().count() > 1) {
      throw new ReplicasDivergedException(at.update() + 1, all);
    }
  }

  /** Whether this rank wants a checkpoint after an update. */
  ControlVotes.Save wish(long update) throws IOException {
    boolean wanted = saving.isPresent() && saving.get().writer().wants(update);
    return wanted && rounded.mayBeSaved(update) ? ControlVotes.Save.DUE : ControlVotes.Save.NOT_DUE;
  }

  /** Whether the state after an update is all there is, so that a run may end there and go on. */
  boolean isWhole(long update) {
    return rounded.mayBeSaved(update);
  }

  /** Every rank must call it after the same update; training goes on while the state is saved. */
  void save(RunPosition at) throws IOException, InterruptedException {
    requireSame(at);
    if (saving.isPresent()) {
      saving.get().writer().take(state(at, saving.get()), saving.get().log().mark());
    }
  }

  /**
   * Has the state that is the best so far saved with the next checkpoint. Every rank must call it
   * after the same update.
   */
  void takeBest(RunPosition at) throws IOException, InterruptedException {
    requireSame(at);
    if (saving.isPresent()) {
      saving.get().writer().takeBest(state(at, saving.get()), replica);
    }
  }

  /** The same at the end of an attempt: when this returns on rank 0, the state is safe. */
  void saveLast(RunPosition at) throws IOException, InterruptedException {
    requireSame(at);
    if (saving.isPresent()) {
      saving.get().writer().saveLast(state(at, saving.get()), replica, saving.get().log().mark());
    }
  }

  /**
   * The same of a run that is over before its last update; {@code metrics.jsonl} says why. The line
   * stays there when the run goes on after all. An attempt that finds itself over when it begins
   * does not come here, and writes none.
   *
   * @param why a sentence
   */
  void saveLast(RunPosition at, String why) throws IOException, InterruptedException {
    if (saving.isPresent()) {
      long epoch = at.cursor().epoch() + (at.cursor().position() > 0 ? 1 : 0);
      RunNote note = new RunNote(at.update(), Math.toIntExact(epoch), why);
      saving.get().log().append(MetricsJson.write(note));
    }
    saveLast(at);
  }

  private TrainingState state(RunPosition at, Saving to) {
    return new TrainingState(
        at,
        to.settingsJson(),
        replica.bytesPerValue(),
        replica.state().parameterMemory(),
        replica.state().updaterMemory());
  }
}

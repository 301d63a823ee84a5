/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.checkpoint.BestStates;
import io.cairn.replica.ClassTable;
import io.cairn.replica.Replica;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunNote;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the ranks do when no update is left: rank 0 writes the models, and if there are classes and
 * examples to validate on, all ranks measure the best of them: one validation more, of which the
 * page has its confusion matrix and calibration. If an attempt is lost here, the next one has no
 * update to make and does the same again.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica.
 *
 * <p>Failure: a best model that cannot be read any more, or that computes no numbers, is said, and
 * costs the run nothing else.
 */
final class RunEnding {

  private static final Logger LOG = LoggerFactory.getLogger(RunEnding.class);

  private static final long UNMEASURED = -1;

  private final WorkerSpec spec;
  private final Replica replica;
  private final AllGather gather;
  private final Validation validation;
  private final MetricsSink metrics;
  private final Optional<RunRecorder> rank0;

  /**
   * @param rank0 empty on all other ranks
   */
  RunEnding(
      WorkerSpec spec,
      Replica replica,
      AllGather gather,
      Validation validation,
      MetricsSink metrics,
      Optional<RunRecorder> rank0) {
    this.spec = spec;
    this.replica = replica;
    this.gather = gather;
    this.validation = validation;
    this.metrics = metrics;
    this.rank0 = rank0;
  }

  /**
   * Does it. Every rank must call it.
   *
   * @param local a directory that Spark removes
   */
  void after(TrainingLoop.End end, BestSoFar best, Path local)
      throws IOException, InterruptedException {
    if (end.early().isPresent()) {
      note(end, end.early().get());
    }
    Optional<RunRecorder.Left> left = Optional.empty();
    if (rank0.isPresent()) {
      left = Optional.of(rank0.get().end(end, best, replica, local));
      if (left.get().lost().isPresent()) {
        warn(end, left.get().lost().get());
      }
    }
    if (end.stop().isPresent()) {
      return;
    }
    if (validation.hasClasses()) {
      measure(end, left);
    }
    if (rank0.isPresent() && best.update().isPresent() && left.get().lost().isEmpty()) {
      rank0.get().forgetBests();
    }
  }

  private void measure(TrainingLoop.End end, Optional<RunRecorder.Left> left)
      throws IOException, InterruptedException {
    long last = end.at().update();
    long measured =
        gather
            .of(
                last,
                left.filter(it -> it.model().isPresent())
                    .map(RunRecorder.Left::update)
                    .orElse(UNMEASURED))
            .get(0);
    if (measured == UNMEASURED) {
      return;
    }
    List<Long> read = gather.of(last, rank0.isPresent() || isModelOf(measured, last) ? 1 : 0);
    if (read.contains(0L)) {
      warn(
          end,
          "the best model, of update %d, is not measured: rank %d cannot read its state"
              .formatted(measured, read.indexOf(0L)));
      return;
    }
    Validation.Classes found = validation.classes(last, end.at().plan().micro());
    double lost = found.tables().values().stream().mapToDouble(ClassTable::notFinite).sum();
    if (lost > 0) {
      warn(
          end,
          "there is no confusion matrix of the model of update %d: for some validation examples it computes NaN or infinity"
              .formatted(measured));
    } else if (rank0.isPresent()) {
      rank0.get().measured(left.orElseThrow(), found);
    }
  }

  /** Whether this rank's replica is the model of an update now. */
  private boolean isModelOf(long update, long last) {
    if (update == last) {
      return true;
    }
    try {
      BestStates bests = spec.checkpoints().home().bests();
      StateKeeper.read(
          replica, (size, parameters, values) -> bests.load(update, size, parameters, values));
      return true;
    } catch (IOException e) {
      LOG.warn("the state of update {} cannot be read", update, e);
      return false;
    }
  }

  private void warn(TrainingLoop.End end, String text) throws IOException {
    if (rank0.isPresent()) {
      LOG.warn(text);
      note(end, text);
    }
  }

  private void note(TrainingLoop.End end, String text) throws IOException {
    int epoch = Math.toIntExact(end.at().cursor().epoch());
    metrics.note(new RunNote(end.at().update(), Math.max(1, epoch), text));
  }
}

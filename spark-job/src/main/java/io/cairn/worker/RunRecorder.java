/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.BestStates;
import io.cairn.checkpoint.CheckpointException;
import io.cairn.checkpoint.CheckpointStore;
import io.cairn.checkpoint.CheckpointWriter;
import io.cairn.checkpoint.MetricsLog;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.control.DriverLine;
import io.cairn.replica.Replica;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.ProgressSender;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * What only rank 0 does: it writes the run's files, under the attempt's claim, and tells the driver
 * how far the run is.
 *
 * <p>Owned by the task, which closes it.
 *
 * <p>Threading: the task's thread.
 *
 * <p>Failure: a {@link io.cairn.checkpoint.FencedException} means that a newer attempt has taken
 * over the run.
 */
final class RunRecorder implements AutoCloseable {

  private final WorkerSpec spec;
  private final DriverLine driver;
  private final AttemptClaim claim;
  private final RunDirectory directory;
  private final MetricsLog log;
  private final CheckpointWriter writer;

  private RunRecorder(
      WorkerSpec spec,
      DriverLine driver,
      AttemptClaim claim,
      RunDirectory directory,
      MetricsLog log,
      CheckpointWriter writer) {
    this.spec = spec;
    this.driver = driver;
    this.claim = claim;
    this.directory = directory;
    this.log = log;
    this.writer = writer;
  }

  /**
   * Opens the run's files for an attempt that goes on after an update.
   *
   * @param local a directory that Spark removes
   */
  static RunRecorder open(WorkerSpec spec, DriverLine driver, long fromUpdate, Path local)
      throws IOException {
    CheckpointContext context = spec.checkpoints();
    AttemptClaim claim = context.home().claim(spec.checkpoints().attempt(), context.claim());
    RunDirectory directory = context.home().directory().under(claim);
    directory.writeEnvironment(HostFacts.here().write());
    if (spec.train().stop().watches()) {
      context.home().bests().begin(fromUpdate, claim);
    }
    CheckpointStore checkpoints = context.home().checkpoints();
    // Last what has to be closed: nothing may fail behind it.
    MetricsLog log = directory.metrics(fromUpdate, local);
    CheckpointWriter writer =
        CheckpointWriter.start(
            checkpoints, context.home().bests(), claim, context.everyUpdates(), fromUpdate);
    return new RunRecorder(spec, driver, claim, directory, log, writer);
  }

  /** To the log, and to the driver. Closing it closes neither. */
  MetricsSink metrics() {
    return MetricsSink.dated(
        Clock.systemUTC(),
        MetricsSink.all(
            List.of(
                MetricsSink.lines(log::append),
                new ProgressSender(driver::progress, System::nanoTime))));
  }

  StateKeeper.Saving saving() {
    return new StateKeeper.Saving(writer, log, spec.checkpoints().settingsJson());
  }

  /**
   * What is left of a run's end on rank 0.
   *
   * @param model the file of the model that the replica is now; empty where that is none that would
   *     have to be measured
   * @param update after which update that model was
   * @param lost why there is no best model, a sentence, where there should be one
   */
  record Left(Optional<String> model, long update, Optional<String> lost) {
    private static final Left NOTHING = new Left(Optional.empty(), 0, Optional.empty());
  }

  /**
   * Writes the model after the last update and, where a run watches its validations, the best one;
   * or tells of the stop before the last update. The replica is the best one's after that.
   */
  Left end(TrainingLoop.End end, BestSoFar best, Replica replica, Path local) throws IOException {
    if (end.stop().isPresent()) {
      driver.stopped(end.stop().get());
      return Left.NOTHING;
    }
    int attempt = spec.checkpoints().attempt();
    writeModel(replica, local, () -> directory.createModel(attempt));
    return best.update().isPresent()
        ? endBest(best.update().getAsLong(), replica, local)
        : new Left(Optional.of(RunDirectory.MODEL), end.at().update(), Optional.empty());
  }

  /** What is lost of the best state is no reason to lose the run, at whose end it is found. */
  private Left endBest(long update, Replica replica, Path local) throws IOException {
    BestStates bests = spec.checkpoints().home().bests();
    String lost;
    try {
      if (bests.updates().contains(update)) {
        StateKeeper.read(
            replica, (size, parameters, values) -> bests.load(update, size, parameters, values));
        int attempt = spec.checkpoints().attempt();
        writeModel(replica, local, () -> directory.createBestModel(attempt));
        directory.publishBestModel(attempt);
        return new Left(Optional.of(RunDirectory.BEST_MODEL), update, Optional.empty());
      }
      if (directory.hasBestModel()) {
        return Left.NOTHING; // It was made, and measured, at an earlier end.
      }
      lost = "its state is not there any more";
    } catch (CheckpointException e) {
      lost = e.getMessage();
    }
    return new Left(
        Optional.empty(),
        update,
        Optional.of("no model-best.zip, which would be of update %d: %s".formatted(update, lost)));
  }

  /** What the model of {@link Left} does on the validation examples. */
  void measured(Left left, Validation.Classes found) throws IOException {
    directory.writeValidation(
        BestModelMeasures.of(left.model().orElseThrow(), left.update(), found).write());
  }

  /** The best model is written and measured: its states are of no more use. */
  void forgetBests() throws IOException {
    spec.checkpoints().home().bests().delete(claim);
  }

  /** Where a model goes. */
  @FunctionalInterface
  private interface Place {
    OutputStream open() throws IOException;
  }

  /** By way of a local file, to which what stands beside the model can be added. */
  private void writeModel(Replica replica, Path local, Place place) throws IOException {
    Path file = Files.createTempFile(local, "cairn-model-", ".zip");
    try {
      replica.write(file, StoredScaling.of(spec.data().scaling(), spec.data().layout()));
      try (OutputStream out = place.open()) {
        Files.copy(file, out);
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }

  @Override
  public void close() throws IOException {
    try (log) {
      writer.close();
    }
  }
}

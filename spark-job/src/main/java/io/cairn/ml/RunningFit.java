/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.api.TrainingJob;
import io.cairn.api.TrainingStoppedException;
import io.cairn.json.StrictJson;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.TimeLeft;
import io.cairn.telemetry.TrainingListener;
import io.cairn.telemetry.UpdateMetrics;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.Model;
import org.apache.spark.sql.Dataset;

/**
 * A fit on a thread of its own, for callers that cannot block in {@code fit}: a Python process must
 * look at its own interrupts meanwhile.
 *
 * <p>The thread has the local properties of the one that called {@link #start} (job group,
 * scheduler pool), as Spark's own threads do.
 *
 * <p>Used once. Threading: all methods may be called from any thread.
 */
public final class RunningFit {

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Watch watch = new Watch();
  private volatile Optional<Model<?>> model = Optional.empty();
  private volatile Optional<Throwable> error = Optional.empty();

  private RunningFit() {}

  /**
   * Begins a fit.
   *
   * @param estimator one of this package's; not to be changed meanwhile
   * @param rows what it is fitted to
   */
  public static RunningFit start(Estimator<?> estimator, Dataset<?> rows) {
    RunningFit fit = new RunningFit();
    Thread thread = new Thread(() -> fit.run(estimator, rows), "cairn-fit-" + estimator.uid());
    thread.setDaemon(true);
    thread.start();
    return fit;
  }

  private void run(Estimator<?> estimator, Dataset<?> rows) {
    FitWatch.watch(watch);
    try {
      model = Optional.of((Model<?>) estimator.fit(rows));
    } catch (Throwable e) { // the caller is told, whatever it is
      error = Optional.of(e);
    } finally {
      ended.countDown();
    }
  }

  /** Whether it has ended, waiting for that so long at most. */
  public boolean awaitEnd(long milliseconds) throws InterruptedException {
    return ended.await(milliseconds, TimeUnit.MILLISECONDS);
  }

  /**
   * How far it is, as JSON: {@code updates} of the whole run (0 before training has begun), {@code
   * update}, {@code epoch}, the newest update's {@code loss} and {@code examplesPerSecond}, and
   * {@code secondsLeft} (-1 where that is not known), with {@code limited}: until {@code
   * train.max-time} and not until the last update.
   */
  public String progress() {
    return StrictJson.line(watch.progress());
  }

  /** Asks it to stop after the update under way. */
  public void stop(String reason) {
    watch.stop(reason);
  }

  /** The model that was fitted. */
  public Model<?> model() {
    return model.orElseThrow(() -> new IllegalStateException("the fit has no model"));
  }

  /** What went wrong; null if nothing has. */
  public Failure failure() {
    return error.map(Failure::of).orElse(null);
  }

  /**
   * Why there is no model.
   *
   * @param kind INVALID where params, columns or data are wrong, STOPPED where somebody stopped it,
   *     FAILED otherwise
   * @param message for the user
   */
  public record Failure(String kind, String message) {

    private static Failure of(Throwable error) {
      String message = Optional.ofNullable(error.getMessage()).orElse(error.toString());
      if (error instanceof IllegalArgumentException) {
        return new Failure("INVALID", message);
      }
      return new Failure(error instanceof TrainingStoppedException ? "STOPPED" : "FAILED", message);
    }
  }

  /** How far a fit is. */
  record Progress(
      long updates,
      long update,
      int epoch,
      double loss,
      double examplesPerSecond,
      double secondsLeft,
      boolean limited) {

    private Progress with(TimeLeft.Left left) {
      return new Progress(
          updates,
          update,
          epoch,
          loss,
          examplesPerSecond,
          left.time().toMillis() / 1e3,
          left.until() == TimeLeft.End.LIMIT);
    }
  }

  private static final class Watch implements FitWatch, TrainingListener {

    private volatile Progress progress = new Progress(0, 0, 0, 0, 0, -1, false);
    private volatile Optional<TimeLeft> timeLeft = Optional.empty();
    private Optional<TrainingJob> job = Optional.empty();
    private Optional<String> stop = Optional.empty();

    @Override
    public TrainingListener listener() {
      return this;
    }

    @Override
    public synchronized void begins(TrainingJob begun) {
      job = Optional.of(begun);
      stop.ifPresent(begun::stop);
    }

    private synchronized void stop(String reason) {
      stop = Optional.of(reason);
      job.ifPresent(running -> running.stop(reason));
    }

    @Override
    public void begins(RunStart run) {
      timeLeft = Optional.of(new TimeLeft(run, System::nanoTime));
      progress = new Progress(run.updates(), 0, 1, 0, 0, -1, false);
    }

    @Override
    public void update(UpdateMetrics update) {
      timeLeft.ifPresent(left -> left.at(update.update()));
      progress =
          new Progress(
              progress.updates(),
              update.update(),
              update.epoch(),
              Double.isFinite(update.loss()) ? update.loss() : 0,
              update.examplesPerSecond(),
              -1,
              false);
    }

    private Progress progress() {
      Progress newest = progress;
      return timeLeft.flatMap(TimeLeft::now).map(newest::with).orElse(newest);
    }
  }
}

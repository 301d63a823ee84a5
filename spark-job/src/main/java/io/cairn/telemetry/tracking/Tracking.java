/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A run's trackers, each on its thread ({@link TrackerThread}), from the moment when the run's
 * training begins.
 *
 * <p>Made by whoever sees the run through, on the driver, and ended by {@link #end} or {@link
 * #abandon}. As a sink it hears that there is news; the news itself it reads from the file.
 *
 * <p>Threading: safe everywhere; nothing waits but {@link #end}.
 */
public final class Tracking implements MetricsSink {

  private final List<TrackerThread> threads = new ArrayList<>();

  private Tracking() {}

  /** The run's metrics. */
  @FunctionalInterface
  public interface Metrics {
    /** Opens them from their first byte; empty where there are none, or they are not ours. */
    Optional<InputStream> open() throws IOException;
  }

  /**
   * Begins to tell them of a run.
   *
   * @param trackers owned and closed from now on
   * @param metrics opened by each tracker's thread, one at a time; empty where there are none yet,
   *     or the run is another driver's
   * @param tell takes a line to the user
   */
  public static Tracking start(
      List<Tracker> trackers, RunStart run, Metrics metrics, Consumer<String> tell) {
    return start(trackers, run, metrics, tell, TrackerThread.Pauses.USUAL);
  }

  static Tracking start(
      List<Tracker> trackers,
      RunStart run,
      Metrics metrics,
      Consumer<String> tell,
      TrackerThread.Pauses pauses) {
    Tracking tracking = new Tracking();
    for (Tracker tracker : trackers) {
      tracking.threads.add(new TrackerThread(tracker, metrics, run, tell, pauses));
    }
    return tracking;
  }

  /** An attempt begins, from the state after an update. */
  public void attemptBegins(long fromUpdate) {
    threads.forEach(thread -> thread.attemptBegins(fromUpdate));
  }

  @Override
  public void step(UpdateMetrics step) {
    threads.forEach(TrackerThread::isTraining);
  }

  @Override
  public void validation(ValidationMetrics validation) {
    threads.forEach(TrackerThread::isTraining);
  }

  /**
   * The run has ended. Tells the trackers what is left.
   *
   * @param longest how long this may take for each of them; what is not told by then is told when
   *     the same command is given again
   */
  public void end(RunEnd how, Duration longest) throws InterruptedException {
    threads.forEach(thread -> thread.end(how));
    long until = System.nanoTime() + longest.toNanos();
    for (TrackerThread thread : threads) {
      thread.join(Duration.ofNanos(until - System.nanoTime()));
    }
    threads.clear();
  }

  /** Ends without a word to the trackers: the run is another driver's. */
  public void abandon() {
    threads.forEach(TrackerThread::abandon);
    threads.clear();
  }

  /** Does nothing: the display is closed before the run's end is known. */
  @Override
  public void close() {}
}

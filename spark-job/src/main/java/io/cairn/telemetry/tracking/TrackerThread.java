/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one tracker what {@code metrics.jsonl} has, on a thread of its own. Nothing is queued: what
 * a slow tracker has not been told yet waits in the file. In memory are the lines of one reading.
 *
 * <p>Between the beginning of an attempt and its first update the file may still be that of the
 * attempt before, whose last updates are void. It is not read in that time.
 *
 * <p>Made and ended by {@link Tracking}. Threading: {@link #attemptBegins}, {@link #isTraining} and
 * {@link #end} may be called from any thread and do not wait, but for {@link #end}. Failure: none
 * that reaches the run; the user is told once, when the tracker fails and when it works again.
 */
final class TrackerThread {

  private static final Logger LOG = LoggerFactory.getLogger(TrackerThread.class);

  /** A rest is so many times as long as a reading, at least: an object store opens files slowly. */
  private static final int REST_PER_READING = 10;

  private static final int TRIES_AT_THE_END = 2;

  /**
   * How long the thread pauses.
   *
   * @param between two readings, at least
   * @param afterFailure the first one; each further failure doubles it
   * @param most the longest after a failure
   * @param atTheEnd after a failure when the run has ended
   */
  record Pauses(Duration between, Duration afterFailure, Duration most, Duration atTheEnd) {
    static final Pauses USUAL =
        new Pauses(
            Duration.ofSeconds(2),
            Duration.ofSeconds(5),
            Duration.ofMinutes(1),
            Duration.ofSeconds(1));
  }

  private final Tracker tracker;
  private final RunStart start;
  private final Consumer<String> tell;
  private final Pauses pauses;
  private final MetricsTail tail;
  private final Thread thread;

  // Guarded by this.
  private boolean readable;
  private boolean news;
  private Optional<Long> goesOnAfter = Optional.empty();
  private int attempts;
  private Optional<RunEnd> end = Optional.empty();
  private boolean endTaken;
  private boolean abandoned;
  private boolean complete;
  private Optional<String> lastFailure = Optional.empty();

  // The thread's own.
  private boolean begun;
  private boolean askThrough = true;
  private Told told = Told.NOTHING;
  private Told kept = Told.NOTHING;
  private long keptOffset;
  private int failures;
  private boolean wasTold;
  private long pauseNanos;
  private long readNanos;

  /** What there is to do. */
  private record Work(
      Optional<Long> goesOnAfter, int attempts, boolean readable, Optional<RunEnd> end) {}

  TrackerThread(
      Tracker tracker,
      Tracking.Metrics metrics,
      RunStart start,
      Consumer<String> tell,
      Pauses pauses) {
    this.tracker = tracker;
    this.start = start;
    this.tell = tell;
    this.pauses = pauses;
    this.tail = new MetricsTail(metrics);
    this.thread = new Thread(this::run, "cairn-tracker-" + tracker.name());
    thread.setDaemon(true);
    thread.start();
  }

  /** An attempt begins, from the state after an update. */
  synchronized void attemptBegins(long update) {
    readable = false;
    attempts++;
    goesOnAfter = Optional.of(goesOnAfter.map(before -> Math.min(before, update)).orElse(update));
    notifyAll();
  }

  /** The present attempt has made an update: the file is its own, and has news. */
  synchronized void isTraining() {
    readable = true;
    news = true;
    notifyAll();
  }

  /** The run has ended: what is left is told, and how it ended. */
  synchronized void end(RunEnd how) {
    end = Optional.of(how);
    if (how.state() == RunEnd.State.SUCCEEDED) {
      readable = true;
    }
    notifyAll();
  }

  /** Ends without a word: the run is another driver's. */
  synchronized void abandon() {
    abandoned = true;
    notifyAll();
  }

  /**
   * Waits until the tracker has everything, or has failed, or the time is up; the thread has ended
   * then, or will after the call that it is in.
   */
  void join(Duration longest) throws InterruptedException {
    thread.join(Math.max(1, longest.toMillis()));
    Optional<String> left;
    synchronized (this) {
      left = complete ? Optional.empty() : Optional.of(lastFailure.orElse("it was too slow"));
      abandoned = true;
      notifyAll();
    }
    thread.interrupt();
    left.ifPresent(
        why ->
            tell.accept(
                "tracking: %s has not got everything of this run: %s; where the run has an output, the same command sends it the rest"
                    .formatted(tracker.name(), why)));
  }

  private void run() {
    try {
      while (true) {
        Optional<Work> work = next();
        if (work.isEmpty()) {
          break;
        }
        if (isDoneAfter(work.get())) {
          break;
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("{} is not waited for", tracker.name());
    } finally {
      close();
    }
  }

  private void close() {
    try {
      tracker.close();
    } catch (Exception e) {
      LOG.warn("tracking: {} could not be closed", tracker.name(), e);
    }
  }

  /** Does it, and says whether that was all; what fails is done again. */
  private boolean isDoneAfter(Work work) throws InterruptedException {
    try {
      begin();
      if (work.goesOnAfter().isPresent()) {
        goOnAfter(work.goesOnAfter().get());
      }
      if (work.readable()) {
        read(work.attempts());
      }
      if (work.end().isPresent()) {
        tracker.ends(work.end().get());
        synchronized (this) {
          complete = true;
        }
        return true;
      }
      works();
      return false;
    } catch (IOException | RuntimeException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      return failed(e, work);
    }
  }

  private void begin() throws IOException {
    if (!begun) {
      tracker.begins(start);
      begun = true;
    }
    if (askThrough) {
      told = kept.and(Told.through(tracker.through()));
      tail.from(keptOffset);
      askThrough = false;
    }
  }

  private void goOnAfter(long update) throws IOException {
    if (tracker.takesBack(update)) {
      told = told.back(update);
      kept = kept.back(update);
    }
    tail.from(0);
    keptOffset = 0;
    synchronized (this) {
      if (goesOnAfter.filter(asked -> asked == update).isPresent()) {
        goesOnAfter = Optional.empty();
      }
    }
  }

  /** Stops where another attempt begins: what was read then may be of the one file or the other. */
  private void read(int attempt) throws IOException {
    Teller teller = new Teller();
    readNanos = 0;
    long before = System.nanoTime();
    try (MetricsTail.Reading file = tail.open()) {
      for (List<String> lines = file.next();
          !lines.isEmpty() && isStill(attempt);
          lines = file.next()) {
        readNanos += System.nanoTime() - before;
        for (String line : lines) {
          teller.tell(line);
        }
        if (tracker.flush()) {
          kept = told;
          keptOffset = tail.offset();
        }
        before = System.nanoTime();
      }
    }
  }

  private synchronized boolean isStill(int attempt) {
    return attempts == attempt;
  }

  private void works() {
    if (wasTold) {
      tell.accept("tracking: %s works again, and has everything".formatted(tracker.name()));
    }
    synchronized (this) {
      lastFailure = Optional.empty();
    }
    wasTold = false;
    failures = 0;
    pauseNanos = Math.max(pauses.between().toNanos(), readNanos * REST_PER_READING);
  }

  /** Says whether that was the last try. */
  private boolean failed(Exception e, Work work) {
    askThrough = true;
    failures++;
    synchronized (this) {
      news = true;
      lastFailure = Optional.of(reason(e));
    }
    boolean hasEnded = work.end().isPresent();
    if (!wasTold && !hasEnded) {
      tell.accept(
          "tracking: %s does not take metrics: %s; training goes on, and it is told later what it misses"
              .formatted(tracker.name(), reason(e)));
      wasTold = true;
    }
    LOG.debug("tracking: {} does not take metrics", tracker.name(), e);
    if (hasEnded) {
      pauseNanos = pauses.atTheEnd().toNanos();
      return failures >= TRIES_AT_THE_END;
    }
    long longer = pauses.afterFailure().toNanos() << Math.min(failures - 1, 20);
    pauseNanos = Math.min(longer, pauses.most().toNanos());
    return false;
  }

  private static String reason(Exception e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  /** Waits for something to do; empty: nothing more. */
  private synchronized Optional<Work> next() throws InterruptedException {
    long from = System.nanoTime();
    while (!abandoned) {
      long left = pauseNanos - (System.nanoTime() - from);
      boolean endsNow = end.isPresent() && !endTaken;
      if (endsNow) {
        // However long the pause was to be; and what failed before has its tries.
        failures = 0;
        left = 0;
      }
      boolean wanted = end.isPresent() || goesOnAfter.isPresent() || (readable && news) || !begun;
      if (wanted && left <= 0) {
        news = false;
        endTaken = end.isPresent();
        return Optional.of(new Work(goesOnAfter, attempts, readable, end));
      }
      wait(wanted ? Math.max(1, left / 1_000_000) : 0);
    }
    return Optional.empty();
  }

  /** Tells what is new of a line. */
  private final class Teller implements MetricsSink {

    private Optional<UpdateMetrics> update = Optional.empty();
    private Optional<ValidationMetrics> validation = Optional.empty();
    private Optional<PlanMetrics> plan = Optional.empty();

    void tell(String line) throws IOException {
      update = Optional.empty();
      validation = Optional.empty();
      plan = Optional.empty();
      try {
        MetricsJson.read(line, this);
      } catch (IllegalArgumentException torn) {
        LOG.debug("not a line of metrics: {}", line, torn);
        return;
      }
      if (update.filter(it -> it.update() > told.update()).isPresent()) {
        tracker.update(update.get());
        told = told.withUpdate(update.get().update());
      }
      if (validation.filter(it -> it.update() > told.validation()).isPresent()) {
        tracker.validation(validation.get());
        told = told.withValidation(validation.get().update());
      }
      if (plan.filter(it -> it.update() > told.plan()).isPresent()) {
        tracker.plan(plan.get());
        told = told.withPlan(plan.get().update());
      }
    }

    @Override
    public void step(UpdateMetrics step) {
      update = Optional.of(step);
    }

    @Override
    public void validation(ValidationMetrics found) {
      validation = Optional.of(found);
    }

    @Override
    public void plan(PlanMetrics changed) {
      plan = Optional.of(changed);
    }

    @Override
    public void close() {}
  }
}

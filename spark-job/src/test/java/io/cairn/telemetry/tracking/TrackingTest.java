/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What trackers are told, and when, while attempts fail and trackers do. */
@Timeout(20)
class TrackingTest {

  static final RunStart START = new RunStart("digits", "/runs/x", "{}", 100, 5);
  static final RunEnd DONE = new RunEnd(RunEnd.State.SUCCEEDED, "");
  static final TrackerThread.Pauses SHORT =
      new TrackerThread.Pauses(
          Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofMillis(1));

  private final MetricsFile metrics = new MetricsFile();
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());

  private Tracking track(Tracker tracker) {
    return Tracking.start(List.of(tracker), START, metrics, said::add, SHORT);
  }

  private void train(Tracking tracking, long through) {
    metrics.train(through);
    tracking.step(MetricsFile.update(through, 0));
  }

  @Test
  void everyUpdateIsToldOnceInOrderAlthoughTheDriverHearsOfFew() throws Exception {
    Recording tracker = new Recording();
    Tracking tracking = track(tracker);
    tracking.attemptBegins(0);
    train(tracking, 37);
    train(tracking, 2_000);
    tracking.end(DONE, Duration.ofSeconds(10));
    assertThat(tracker.updates()).isEqualTo(numbers(1, 2_000));
    assertThat(tracker.validations).hasSize(200);
    assertThat(tracker.calls)
        .startsWith("begins", "through", "takesBack 0")
        .endsWith("ends", "close");
    assertThat(said).isEmpty();
  }

  @Test
  void updatesThatAreMadeAgainAreNotToldAgain() throws Exception {
    Recording tracker = new Recording();
    Tracking tracking = track(tracker);
    tracking.attemptBegins(0);
    train(tracking, 25);
    tracker.await(25);
    tracking.attemptBegins(20);
    metrics.restore(20);
    train(tracking, 40);
    tracking.end(DONE, Duration.ofSeconds(10));
    assertThat(tracker.updates()).isEqualTo(numbers(1, 40));
    assertThat(tracker.losses.get(20)).isEqualTo(MetricsFile.loss(21, 0));
    assertThat(tracker.losses.get(25)).isEqualTo(MetricsFile.loss(26, 1));
    assertThat(tracker.validations).containsExactly(10L, 20L, 30L, 40L);
  }

  @Test
  void aTrackerThatCanForgetIsToldTheNewNumbers() throws Exception {
    Recording tracker = new Recording();
    tracker.forgets = true;
    Tracking tracking = track(tracker);
    tracking.attemptBegins(0);
    train(tracking, 25);
    tracker.await(25);
    tracking.attemptBegins(20);
    metrics.restore(20);
    train(tracking, 40);
    tracking.end(DONE, Duration.ofSeconds(10));
    assertThat(tracker.updates())
        .containsExactlyElementsOf(
            LongStream.concat(LongStream.rangeClosed(1, 25), LongStream.rangeClosed(21, 40))
                .boxed()
                .toList());
    assertThat(tracker.validations).containsExactly(10L, 20L, 30L, 40L);
  }

  @Test
  void anAttemptThatBeginsWhileMuchIsReadIsReadFromItsOwnFile() throws Exception {
    Recording tracker = new Recording();
    Tracking tracking = track(tracker);
    tracker.onFlush =
        () -> {
          tracking.attemptBegins(500);
          metrics.restore(500);
          metrics.train(2_500);
        };
    tracking.attemptBegins(0);
    train(tracking, 3_000);
    tracker.awaitCall("takesBack 500", 1);
    train(tracking, 3_500);
    tracking.end(DONE, Duration.ofSeconds(10));
    assertThat(tracker.updates()).isEqualTo(numbers(1, 3_500));
    assertThat(tracker.losses.get(2_499)).isEqualTo(MetricsFile.loss(2_500, 1));
  }

  @Test
  void theFileOfTheAttemptBeforeIsNotReadUntilTheNextHasMadeAnUpdate() throws Exception {
    Recording tracker = new Recording();
    tracker.forgets = true;
    Tracking tracking = track(tracker);
    tracking.attemptBegins(0);
    train(tracking, 10);
    tracker.await(10);
    tracking.attemptBegins(0);
    tracker.awaitCall("takesBack 0", 2);
    // The attempt before was still writing.
    metrics.train(15);
    metrics.restore(0);
    train(tracking, 12);
    tracking.end(DONE, Duration.ofSeconds(10));
    assertThat(tracker.losses.subList(10, 22))
        .containsExactlyElementsOf(
            LongStream.rangeClosed(1, 12).mapToObj(n -> MetricsFile.loss(n, 1)).toList());
  }

  /** However long the pause after the failure is. */
  @Test
  void anEndThatComesDuringACallThatFailsDoesNotWait() throws Exception {
    TrackerThread.Pauses pauses =
        new TrackerThread.Pauses(
            Duration.ofMillis(1), Duration.ofHours(1), Duration.ofHours(1), Duration.ofMillis(1));
    Recording tracker = new Recording();
    AtomicReference<Thread> ending = new AtomicReference<>();
    Tracking tracking = Tracking.start(List.of(tracker), START, metrics, said::add, pauses);
    tracker.onFlush =
        () -> {
          ending.set(new Thread(() -> end(tracking)));
          ending.get().start();
          while (ending.get().getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
          }
          throw new IllegalStateException("no room");
        };
    tracking.attemptBegins(0);
    train(tracking, 5);
    tracker.awaitCall("ends", 1);
    ending.get().join();
    assertThat(tracker.updates()).endsWith(5L);
  }

  private static void end(Tracking tracking) {
    try {
      tracking.end(DONE, Duration.ofSeconds(15));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatWasNotKeptIsToldAgainAndTheUserHearsOfItOnce() throws Exception {
    Recording tracker = new Recording();
    tracker.failures = 3;
    Tracking tracking = track(tracker);
    tracking.attemptBegins(0);
    train(tracking, 30);
    tracker.await(30);
    train(tracking, 60);
    tracking.end(DONE, Duration.ofSeconds(10));
    assertThat(tracker.updates()).isEqualTo(numbers(1, 60));
    assertThat(said)
        .containsExactly(
            "tracking: Recording does not take metrics: no room; training goes on, and it is told later what it misses",
            "tracking: Recording works again, and has everything");
  }

  @Test
  void aTrackerThatNeverWorksHoldsUpNothing() throws Exception {
    Recording tracker = new Recording();
    tracker.failures = Integer.MAX_VALUE;
    Recording other = new Recording();
    Tracking tracking = Tracking.start(List.of(tracker, other), START, metrics, said::add, SHORT);
    tracking.attemptBegins(0);
    train(tracking, 100);
    other.await(100);
    while (said.isEmpty()) {
      Thread.onSpinWait();
    }
    tracking.end(DONE, Duration.ofSeconds(10));
    assertThat(other.updates()).isEqualTo(numbers(1, 100));
    assertThat(said).hasSize(2).last().asString().contains("the same command sends it the rest");
  }

  @Test
  void aTrackerThatHangsIsLeft() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    Tracker tracker =
        new Tracker() {
          @Override
          public void update(UpdateMetrics update) throws IOException {
            hangs.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              throw new IOException("interrupted", e);
            }
          }

          @Override
          public String name() {
            return "Hanging";
          }

          @Override
          public void close() {
            closed.countDown();
          }
        };
    Tracking tracking = track(tracker);
    tracking.attemptBegins(0);
    train(tracking, 10);
    hangs.await();
    tracking.end(DONE, Duration.ofMillis(20));
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(said)
        .containsExactly(
            "tracking: Hanging has not got everything of this run: it was too slow; where the run has an output, the same command sends it the rest");
  }

  @Test
  void whatAnEarlierDriverHasToldIsNotToldAgain() throws Exception {
    Recording tracker = new Recording();
    tracker.has = 17;
    metrics.train(20);
    Tracking tracking = track(tracker);
    tracking.attemptBegins(20);
    metrics.restore(20);
    train(tracking, 22);
    tracking.end(DONE, Duration.ofSeconds(10));
    assertThat(tracker.updates()).isEqualTo(numbers(18, 22));
  }

  @Test
  void aFinishedRunIsToldWhereNobodyWasToldOfIt() throws Exception {
    metrics.train(30);
    Recording tracker = new Recording();
    track(tracker).end(DONE, Duration.ofSeconds(10));
    assertThat(tracker.updates()).isEqualTo(numbers(1, 30));
  }

  private static List<Long> numbers(long from, long through) {
    return LongStream.rangeClosed(from, through).boxed().toList();
  }

  /** Keeps in memory what it is told; fails as often as it is asked to. */
  private static final class Recording implements Tracker {
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    final List<Long> validations = new ArrayList<>();
    final List<Double> losses = new ArrayList<>();
    private final List<Long> kept = new ArrayList<>();
    private final List<UpdateMetrics> updates = new ArrayList<>();
    private final List<ValidationMetrics> unkept = new ArrayList<>();
    boolean forgets;
    long has;
    volatile int failures;
    Runnable onFlush = () -> {};

    @Override
    public String name() {
      return "Recording";
    }

    @Override
    public synchronized void begins(RunStart run) {
      calls.add("begins");
    }

    @Override
    public synchronized long through() {
      calls.add("through");
      updates.clear();
      unkept.clear();
      return has;
    }

    @Override
    public synchronized boolean takesBack(long update) {
      calls.add("takesBack " + update);
      notifyAll();
      return forgets;
    }

    @Override
    public synchronized void update(UpdateMetrics update) {
      updates.add(update);
    }

    @Override
    public synchronized void validation(ValidationMetrics validation) {
      unkept.add(validation);
    }

    @Override
    public synchronized boolean flush() throws IOException {
      if (failures > 0) {
        failures--;
        throw new IOException("no room");
      }
      updates.forEach(update -> kept.add(update.update()));
      updates.forEach(update -> losses.add(update.loss()));
      unkept.forEach(validation -> validations.add(validation.update()));
      updates.clear();
      unkept.clear();
      Runnable once = onFlush;
      onFlush = () -> {};
      once.run();
      notifyAll();
      return true;
    }

    @Override
    public synchronized void ends(RunEnd end) {
      calls.add("ends");
      notifyAll();
    }

    @Override
    public synchronized void close() {
      calls.add("close");
    }

    synchronized List<Long> updates() {
      return List.copyOf(kept);
    }

    synchronized void await(long update) throws InterruptedException {
      while (!kept.contains(update)) {
        wait();
      }
    }

    synchronized void awaitCall(String call, int times) throws InterruptedException {
      while (Collections.frequency(calls, call) < times) {
        wait();
      }
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Tells the driver how far rank 0 is, a few times a second.
 *
 * <p>Of updates that come faster, only the newest is kept until it is time to send. {@link #close}
 * sends the last one, so that it always arrives. Validations, plans and notes are sent at once.
 *
 * <p>Rank 0 owns and closes it.
 *
 * <p>Threading: one thread. Failure: none that could fail the run.
 */
public final class ProgressSender implements MetricsSink {

  static final Duration INTERVAL = Duration.ofMillis(200);

  private final Consumer<String> send;
  private final LongSupplier nanoTime;
  private UpdateMetrics held;
  private long sentAtNanos;

  /**
   * @param send passes a metrics line to the driver without waiting
   */
  public ProgressSender(Consumer<String> send, LongSupplier nanoTime) {
    this.send = send;
    this.nanoTime = nanoTime;
    this.sentAtNanos = nanoTime.getAsLong() - INTERVAL.toNanos();
  }

  @Override
  public void step(UpdateMetrics step) {
    if (held != null && held.ranks().isPresent()) {
      sendHeld();
    }
    held = step;
    if (nanoTime.getAsLong() - sentAtNanos >= INTERVAL.toNanos()) {
      sendHeld();
    }
  }

  @Override
  public void validation(ValidationMetrics validation) {
    sendHeld();
    send.accept(MetricsJson.write(validation));
  }

  @Override
  public void plan(PlanMetrics plan) {
    sendHeld();
    send.accept(MetricsJson.write(plan));
  }

  @Override
  public void note(RunNote note) {
    sendHeld();
    send.accept(MetricsJson.write(note));
  }

  @Override
  public void close() {
    sendHeld();
  }

  private void sendHeld() {
    if (held != null) {
      send.accept(MetricsJson.write(held));
      held = null;
      sentAtNanos = nanoTime.getAsLong();
    }
  }
}

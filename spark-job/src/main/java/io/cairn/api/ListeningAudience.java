/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import io.cairn.launch.Audience;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunNote;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.TrainingListener;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a program's listener what an audience hears.
 *
 * <p>Threading: as {@link Audience}; one call of the listener at a time.
 */
final class ListeningAudience implements Audience {

  private static final Logger LOG = LoggerFactory.getLogger(ListeningAudience.class);

  private final TrainingListener listener;

  ListeningAudience(TrainingListener listener) {
    this.listener = listener;
  }

  @Override
  public void tell(String line) {
    LOG.info("{}", line);
    call(() -> listener.note(line));
  }

  @Override
  public MetricsSink watch(RunStart run) {
    call(() -> listener.begins(run));
    return new Telling();
  }

  @Override
  public void ends(RunEnd end) {
    call(() -> listener.ends(end));
  }

  /** A call of the listener. */
  @FunctionalInterface
  private interface Call {
    void make() throws IOException;
  }

  private synchronized void call(Call call) {
    try {
      call.make();
    } catch (IOException | RuntimeException e) {
      LOG.warn("the training's listener failed", e);
    }
  }

  private final class Telling implements MetricsSink {
    @Override
    public void step(UpdateMetrics step) {
      call(() -> listener.update(step));
    }

    @Override
    public void validation(ValidationMetrics validation) {
      call(() -> listener.validation(validation));
    }

    @Override
    public void plan(PlanMetrics plan) {
      call(() -> listener.plan(plan));
    }

    @Override
    public void note(RunNote note) {
      call(() -> listener.note(note.text()));
    }

    @Override
    public void close() {}
  }
}

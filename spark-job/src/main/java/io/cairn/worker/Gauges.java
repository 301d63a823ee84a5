/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.NoiseSample;
import io.cairn.telemetry.NoiseScale;
import io.cairn.telemetry.NoiseScale.Smoothed;
import io.cairn.telemetry.RankMetrics;
import io.cairn.telemetry.RunNote;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run's updates are looked at for besides their own numbers: the gradient's noise, and ranks
 * that all others wait for.
 *
 * <p>Threading: one thread.
 */
final class Gauges {

  private static final Logger LOG = LoggerFactory.getLogger(Gauges.class);

  private final NoiseScale noise = new NoiseScale();
  private final RankTimes ranks;
  private final MetricsSink metrics;
  private Optional<Smoothed> lastNoise = Optional.empty();
  private int samples;
  private long update;
  private int epoch;

  /**
   * @param metrics where what is found goes
   */
  Gauges(RankTimes ranks, MetricsSink metrics) {
    this.ranks = ranks;
    this.metrics = metrics;
  }

  /**
   * Takes what earlier attempts have measured: the noise is smoothed over all of them. Where they
   * cannot be read, it begins anew: it only informs.
   *
   * @param through the update that the run goes on from
   */
  void goOn(WorkerSpec spec, long through) {
    try {
      EarlierMetrics.updates(
          spec, "noise", through, step -> take(step.noise().map(Smoothed::sample)));
    } catch (IOException e) {
      LOG.warn("the noise scale begins anew: what was measured before cannot be read", e);
    }
  }

  private void take(Optional<NoiseSample> sample) {
    if (sample.isPresent()) {
      lastNoise = Optional.of(noise.take(sample.get()));
      samples++;
    }
  }

  /** Passes an update on, and every few seconds what the ranks' passes took. */
  void take(long number, int itsEpoch, UpdateResult result) throws IOException {
    update = number;
    epoch = itsEpoch;
    take(result.applied().noise());
    Optional<Smoothed> smoothed = result.applied().noise().flatMap(measured -> lastNoise);
    ranks.take(result.loads());
    Optional<RankMetrics> means = ranks.next();
    metrics.step(result.metrics(update, epoch, smoothed, means));
    if (means.isPresent()) {
      for (String sentence : ranks.news(means.get())) {
        LOG.warn("{}", sentence);
        metrics.note(new RunNote(update, epoch, sentence));
      }
    }
  }

  /**
   * Says what the noise means for the effective batch.
   *
   * @param effective examples of an update
   */
  void end(long effective) throws IOException {
    if (samples >= NoiseScale.LEAST_SAMPLES && update > 0) {
      String advice = NoiseScale.advice(lastNoise.orElseThrow().scale(), effective);
      metrics.note(new RunNote(update, epoch, advice));
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * The lines that a run's earlier attempts have left in {@code metrics.jsonl}. What a run knows from
 * its own history is read from there, so that nothing besides has to be saved with it.
 *
 * <p>Threading: stateless.
 */
final class EarlierMetrics {

  private EarlierMetrics() {}

  /**
   * Hands lines to a sink, in their order. Lines behind the update that the run goes on from may be
   * among them: they count for nothing.
   *
   * @param field lines without this field are not looked into
   */
  static void replay(WorkerSpec spec, String field, MetricsSink sink) throws IOException {
    Optional<InputStream> metrics = spec.checkpoints().home().directory().openMetrics();
    if (metrics.isPresent()) {
      String quoted = '"' + field + '"';
      MetricsJson.readAll(metrics.get(), line -> line.contains(quoted), sink);
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
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
    if (metrics.isEmpty()) {
      return;
    }
    String quoted = '"' + field + '"';
    try (InputStream in = metrics.get();
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.contains(quoted)) {
          MetricsJson.read(line, sink);
        }
      }
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.Pause;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A {@code metrics.jsonl} in memory: with a validation every ten updates, and a loss that tells in
 * which attempt an update was made.
 *
 * <p>Threading: safe everywhere.
 */
final class MetricsFile implements Tracking.Metrics {

  static final long AT_MS = 1_764_000_000_000L;

  private final List<String> lines = new ArrayList<>();
  private long updates;
  private int attempt;

  @Override
  public synchronized Optional<InputStream> open() {
    String text = String.join("\n", lines) + "\n";
    return Optional.of(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Makes updates up to one, in the present attempt. */
  synchronized void train(long through) {
    while (updates < through) {
      updates++;
      lines.add(MetricsJson.write(update(updates, loss(updates, attempt))));
      if (updates % 10 == 0) {
        lines.add(MetricsJson.write(validation(updates)));
      }
    }
  }

  /** Another attempt goes on after an update. */
  synchronized void restore(long update) {
    attempt++;
    updates = update;
    lines.removeIf(line -> number(line) > update);
  }

  private static long number(String line) {
    return Long.parseLong(line.replaceFirst(".*?\"update\":(\\d+).*", "$1"));
  }

  /** The loss of an update. */
  static double loss(long update, int attempt) {
    return 1.0 / update + attempt;
  }

  static UpdateMetrics update(long update, double loss) {
    return new UpdateMetrics(
        update,
        1,
        256,
        loss,
        0.01,
        Map.of("head", 0.1),
        0.5,
        1000,
        1,
        2,
        3,
        4,
        Pause.NONE,
        Optional.empty(),
        Optional.empty(),
        UpdateMetrics.Outcome.APPLIED,
        AT_MS + update);
  }

  private static ValidationMetrics validation(long update) {
    return new ValidationMetrics(
        update, 1, 100, Map.of("loss", 2.0 / update, "accuracy", 0.5), AT_MS + update);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The lines that a run's earlier attempts have left in {@code metrics.jsonl}. What a run knows from
 * its own history is read from there, so that nothing besides has to be saved with it.
 *
 * <p>Threading: stateless.
 */
final class EarlierMetrics {

  private EarlierMetrics() {}

  /**
   * Hands over the updates that a run goes on from, in their order.
   *
   * @param field lines without this field are not looked into
   * @param through the last update that counts: lines behind it may be there, of a lost attempt
   */
  static void updates(WorkerSpec spec, String field, long through, Consumer<UpdateMetrics> taking)
      throws IOException {
    replay(spec, field, new Through(through, taking, validation -> {}));
  }

  /** The same of its validations. */
  static void validations(WorkerSpec spec, long through, Consumer<ValidationMetrics> taking)
      throws IOException {
    replay(spec, "validation", new Through(through, update -> {}, taking));
  }

  private static void replay(WorkerSpec spec, String field, MetricsSink sink) throws IOException {
    Optional<InputStream> metrics = spec.checkpoints().home().directory().openMetrics();
    if (metrics.isPresent()) {
      String quoted = '"' + field + '"';
      MetricsJson.readAll(metrics.get(), line -> line.contains(quoted), sink);
    }
  }

  private record Through(
      long update, Consumer<UpdateMetrics> updates, Consumer<ValidationMetrics> validations)
      implements MetricsSink {

    @Override
    public void step(UpdateMetrics step) {
      if (step.update() <= update) {
        updates.accept(step);
      }
    }

    @Override
    public void validation(ValidationMetrics validation) {
      if (validation.update() <= update) {
        validations.accept(validation);
      }
    }

    @Override
    public void close() {}
  }
}

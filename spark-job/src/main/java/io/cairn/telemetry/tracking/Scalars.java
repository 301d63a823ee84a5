/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The numbers of an update or a validation, by the names that curves have in TensorBoard and
 * MLflow.
 *
 * <p>Threading: stateless.
 */
final class Scalars {

  /** Every update has it. */
  static final String LOSS = "loss";

  private Scalars() {}

  static Map<String, Double> of(UpdateMetrics update) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put(LOSS, update.loss());
    scalars.put("learning_rate", update.learningRate());
    update.learningRates().forEach((group, rate) -> scalars.put("learning_rates/" + group, rate));
    scalars.put("gradient_norm", update.gradientNorm());
    update.noise().ifPresent(noise -> scalars.put("noise_scale", noise.scale()));
    scalars.put("examples_per_second", update.examplesPerSecond());
    scalars.put("epoch", (double) update.epoch());
    scalars.put("phases/compute_ms", update.computeMs());
    scalars.put("phases/wait_ms", update.waitMs());
    scalars.put("phases/reduce_ms", update.reduceMs());
    scalars.put("phases/apply_ms", update.applyMs());
    return scalars;
  }

  static Map<String, Double> of(ValidationMetrics validation) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    validation.values().forEach((name, value) -> scalars.put("validation/" + name, value));
    return scalars;
  }
}

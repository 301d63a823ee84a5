/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One validation, as {@code metrics.jsonl} and the progress display show it.
 *
 * @param update updates applied before it
 * @param epoch the epoch it is in, or ends, from 1
 * @param examples examples validated, over all ranks, each once
 * @param values measure to value in display order: {@code loss}, and {@code accuracy} for classes
 *     or {@code mse}, {@code mae} for values
 * @param atMs when it was, milliseconds of the epoch; 0 if that was not noted
 */
public record ValidationMetrics(
    long update, int epoch, long examples, Map<String, Double> values, long atMs) {

  public ValidationMetrics {
    values = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** One whose time is not noted yet. */
  public ValidationMetrics(long update, int epoch, long examples, Map<String, Double> values) {
    this(update, epoch, examples, values, 0);
  }

  /** The same, with the time at which it was made. */
  ValidationMetrics at(long epochMs) {
    return new ValidationMetrics(update, epoch, examples, values, epochMs);
  }
}

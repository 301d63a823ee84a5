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
 */
public record ValidationMetrics(long update, int epoch, long examples, Map<String, Double> values) {

  public ValidationMetrics {
    values = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }
}

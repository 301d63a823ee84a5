/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring.metrics;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How far numbers are off, by column and as a mean over the columns.
 *
 * <p>Threading: one thread.
 */
public final class NumberMeasure implements RowMeasure {
  private static final long serialVersionUID = 1L;

  /** More columns are shown by their means alone. */
  private static final int MOST_SHOWN = 200;

  private static final int VALUE = 0;
  private static final int VALUE_SQUARED = 1;
  private static final int ERROR = 2;
  private static final int ERROR_SQUARED = 3;
  private static final int ERROR_ABSOLUTE = 4;
  private static final int NUMBERS = 5;

  private final int columns;
  private final ExactSums weights = new ExactSums(1);
  private final ExactSums sums;

  /** Nothing counted yet. */
  public NumberMeasure(int columns) {
    this.columns = columns;
    this.sums = new ExactSums(Math.multiplyExact(NUMBERS, columns));
  }

  @Override
  public void add(double[] outputs, int at, double[] labels, double weight) {
    weights.add(0, weight);
    for (int i = 0; i < columns; i++) {
      double value = labels[i];
      double error = outputs[at + i] - value;
      int start = NUMBERS * i;
      sums.addProduct(start + VALUE, weight, value);
      addThree(start + VALUE_SQUARED, weight, value);
      sums.addProduct(start + ERROR, weight, error);
      addThree(start + ERROR_SQUARED, weight, error);
      sums.addProduct(start + ERROR_ABSOLUTE, weight, Math.abs(error));
    }
  }

  /** Weight times the square of a value, unrounded. */
  private void addThree(int sum, double weight, double value) {
    double product = weight * value;
    sums.addProduct(sum, product, value);
    sums.addProduct(sum, Math.fma(weight, value, -product), value);
  }

  @Override
  public void merge(RowMeasure other) {
    NumberMeasure more = (NumberMeasure) other;
    weights.merge(more.weights);
    sums.merge(more.sums);
  }

  @Override
  public Map<String, Object> results() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      all.add(column(i));
    }
    double mse = Ratios.meanOfNumbers(all, "mse");
    Map<String, Object> results = new LinkedHashMap<>();
    results.put("rmse", Math.sqrt(mse));
    results.put("mae", Ratios.meanOfNumbers(all, "mae"));
    results.put("mse", mse);
    results.put("r2", Ratios.meanOfNumbers(all, "r2"));
    if (columns <= MOST_SHOWN) {
      results.put("columns", all);
    }
    return results;
  }

  private Map<String, Object> column(int i) {
    double weight = weights.value(0);
    int start = NUMBERS * i;
    double mse = sums.value(start + ERROR_SQUARED) / weight;
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("column", i);
    one.put("rmse", Math.sqrt(mse));
    one.put("mae", sums.value(start + ERROR_ABSOLUTE) / weight);
    one.put("mse", mse);
    one.put("meanError", sums.value(start + ERROR) / weight);
    one.put("r2", r2(start));
    return one;
  }

  /** 1 - the squared errors over the squared distances from the mean; NaN if these are 0. */
  private double r2(int start) {
    if (!Double.isFinite(sums.value(start + VALUE_SQUARED))
        || !Double.isFinite(sums.value(start + ERROR_SQUARED))) {
      return Double.NaN;
    }
    BigDecimal value = sums.exact(start + VALUE);
    BigDecimal spread =
        sums.exact(start + VALUE_SQUARED)
            .subtract(value.multiply(value).divide(weights.exact(0), MathContext.DECIMAL128));
    return spread.signum() <= 0
        ? Double.NaN
        : BigDecimal.ONE
            .subtract(sums.exact(start + ERROR_SQUARED).divide(spread, MathContext.DECIMAL128))
            .doubleValue();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well any number of labels are predicted, each by a probability of its own: above a half it is
 * there. A label above a half is there, too.
 *
 * <p>Threading: one thread.
 */
public final class LabelMeasure implements RowMeasure {
  private static final long serialVersionUID = 1L;

  private static final int FEW = 16;
  private static final int MOST_WITH_CURVES = 1000;

  private static final int LABEL = 0;
  private static final int FOUND = 1;
  private static final int BOTH = 2;
  private static final int LOSS = 3;
  private static final int NUMBERS = 4;

  private final int labelCount;

  /** Weights: of all rows, of those with all labels right. */
  private final ExactSums totals = new ExactSums(2);

  private final ExactSums byLabel;
  private final ExactSums scores;

  /** Nothing counted yet. */
  public LabelMeasure(int labelCount) {
    this.labelCount = labelCount;
    this.byLabel = new ExactSums(NUMBERS * labelCount);
    int curves = labelCount <= MOST_WITH_CURVES ? labelCount : 0;
    this.scores = new ExactSums(2 * curves * bins().bins());
  }

  private Curves bins() {
    return labelCount <= FEW ? Curves.FINE : Curves.COARSE;
  }

  @Override
  public void add(double[] outputs, int at, double[] labels, double weight) {
    boolean allRight = true;
    totals.add(0, weight);
    for (int i = 0; i < labelCount; i++) {
      double probability = outputs[at + i];
      boolean found = probability > 0.5;
      boolean wanted = labels[i] > 0.5;
      allRight &= found == wanted;
      if (wanted) {
        byLabel.add(NUMBERS * i + LABEL, weight);
      }
      if (found) {
        byLabel.add(NUMBERS * i + FOUND, weight);
      }
      if (found && wanted) {
        byLabel.add(NUMBERS * i + BOTH, weight);
      }
      double loss =
          labels[i] * StrictMath.log(ClassMeasure.bounded(probability))
              + (1 - labels[i]) * StrictMath.log(ClassMeasure.bounded(1 - probability));
      byLabel.add(NUMBERS * i + LOSS, -weight * loss);
      if (scores.size() > 0) {
        int start = 2 * i * bins().bins() + (wanted ? 0 : bins().bins());
        scores.add(start + bins().bin(probability), weight);
      }
    }
    if (allRight) {
      totals.add(1, weight);
    }
  }

  @Override
  public void merge(RowMeasure other) {
    LabelMeasure more = (LabelMeasure) other;
    totals.merge(more.totals);
    byLabel.merge(more.byLabel);
    scores.merge(more.scores);
  }

  @Override
  public Map<String, Object> results() {
    double all = totals.value(0);
    List<Map<String, Object>> labels = new ArrayList<>();
    ExactSums sums = new ExactSums(NUMBERS);
    for (int i = 0; i < labelCount; i++) {
      for (int number = 0; number < NUMBERS; number++) {
        sums.add(number, byLabel.value(NUMBERS * i + number));
      }
      labels.add(label(i, all));
    }
    double wrong = sums.value(LABEL) + sums.value(FOUND) - 2 * sums.value(BOTH);
    Map<String, Object> results = new LinkedHashMap<>();
    results.put("accuracy", 1 - Ratios.of(wrong, all * labelCount));
    results.put("exactMatch", Ratios.of(totals.value(1), all));
    results.put("microF1", Ratios.of(2 * sums.value(BOTH), sums.value(LABEL) + sums.value(FOUND)));
    results.put("macroF1", Ratios.meanOfNumbers(labels, "f1"));
    if (scores.size() > 0) {
      results.put("macroAuc", Ratios.meanOfNumbers(labels, "auc"));
      results.put("macroAveragePrecision", Ratios.meanOfNumbers(labels, "averagePrecision"));
    }
    results.put("logLoss", Ratios.of(sums.value(LOSS), all * labelCount));
    results.put("labels", labels);
    return results;
  }

  private Map<String, Object> label(int i, double all) {
    double wanted = byLabel.value(NUMBERS * i + LABEL);
    double found = byLabel.value(NUMBERS * i + FOUND);
    double both = byLabel.value(NUMBERS * i + BOTH);
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("label", i);
    one.put("weight", Ratios.count(wanted));
    one.put("accuracy", 1 - Ratios.of(wanted + found - 2 * both, all));
    one.put("precision", Ratios.of(both, found));
    one.put("recall", Ratios.of(both, wanted));
    one.put("f1", Ratios.of(2 * both, wanted + found));
    if (scores.size() > 0) {
      one.put("auc", bins().rocArea(scores, 2 * i * bins().bins()));
      one.put("averagePrecision", bins().averagePrecision(scores, 2 * i * bins().bins()));
    }
    one.put("logLoss", Ratios.of(byLabel.value(NUMBERS * i + LOSS), all));
    return one;
  }
}

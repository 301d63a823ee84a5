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
 * How well one of several classes is predicted.
 *
 * <p>Threading: one thread.
 */
public final class ClassMeasure implements RowMeasure {
  private static final long serialVersionUID = 1L;

  /** Above this a table of all pairs of classes is of no use, and large. */
  private static final int MOST_IN_A_TABLE = 200;

  private static final int FEW = 16;
  private static final int MOST_WITH_CURVES = 1000;

  private final List<String> names;
  private final Form form;
  private final int classes;

  /** Weights: all, then the logarithmic loss. */
  private final ExactSums totals = new ExactSums(2);

  /** A class: its examples, those predicted to be, those rightly so. */
  private final ExactSums byClass;

  private final ExactSums table;
  private final Calibration calibration = new Calibration();
  private final ExactSums scores;

  /** What the outputs of a row are. */
  public enum Form {
    /** The probability of each class. */
    PROBABILITIES,
    /** One value: the probability of the second of two classes. */
    ONE_PROBABILITY,
    /** A value for each class, the largest is that of the predicted one. */
    VALUES
  }

  /**
   * Nothing counted yet.
   *
   * @param names of the classes, by their indices
   */
  public ClassMeasure(List<String> names, Form form) {
    this.names = new ArrayList<>(names);
    this.form = form;
    this.classes = names.size();
    this.byClass = new ExactSums(3 * classes);
    this.table = new ExactSums(classes <= MOST_IN_A_TABLE ? classes * classes : 0);
    this.scores = new ExactSums(curves() * 2 * bins().bins());
  }

  /** Of two classes one curve says it all. */
  private int curves() {
    if (form == Form.VALUES || classes > MOST_WITH_CURVES) {
      return 0;
    }
    return classes == 2 ? 1 : classes;
  }

  private Curves bins() {
    return classes <= FEW ? Curves.FINE : Curves.COARSE;
  }

  @Override
  public void add(double[] outputs, int at, double[] labels, double weight) {
    int right = (int) labels[0];
    int found = predicted(outputs, at);
    totals.add(0, weight);
    byClass.add(3 * right, weight);
    byClass.add(3 * found + 1, weight);
    if (found == right) {
      byClass.add(3 * right + 2, weight);
    }
    if (table.size() > 0) {
      table.add(right * classes + found, weight);
    }
    if (form != Form.VALUES) {
      totals.add(1, -weight * StrictMath.log(bounded(probability(outputs, at, right))));
      calibration.add(probability(outputs, at, found), found == right, weight);
    }
    int curves = curves();
    for (int curve = 0; curve < curves; curve++) {
      int positive = classes == 2 ? 1 : curve;
      int start = curve * 2 * bins().bins() + (right == positive ? 0 : bins().bins());
      scores.add(start + bins().bin(probability(outputs, at, positive)), weight);
    }
  }

  private int predicted(double[] outputs, int at) {
    if (form == Form.ONE_PROBABILITY) {
      return outputs[at] > 0.5 ? 1 : 0;
    }
    int best = 0;
    for (int i = 1; i < classes; i++) {
      best = outputs[at + i] > outputs[at + best] ? i : best;
    }
    return best;
  }

  private double probability(double[] outputs, int at, int index) {
    if (form == Form.ONE_PROBABILITY) {
      return index == 1 ? outputs[at] : 1 - outputs[at];
    }
    return outputs[at + index];
  }

  /** As in Keras, a probability is no nearer to 0 or 1 for a logarithm. */
  static double bounded(double probability) {
    return Math.min(Math.max(probability, 1e-7), 1 - 1e-7);
  }

  @Override
  public void merge(RowMeasure other) {
    ClassMeasure more = (ClassMeasure) other;
    totals.merge(more.totals);
    byClass.merge(more.byClass);
    table.merge(more.table);
    calibration.merge(more.calibration);
    scores.merge(more.scores);
  }

  @Override
  public Map<String, Object> results() {
    double all = totals.value(0);
    Map<String, Object> results = new LinkedHashMap<>();
    ExactSums right = new ExactSums(1);
    List<Double> recalls = new ArrayList<>();
    List<Map<String, Object>> perClass = new ArrayList<>();
    for (int i = 0; i < classes; i++) {
      double recall = Ratios.of(byClass.value(3 * i + 2), byClass.value(3 * i));
      double precision = Ratios.of(byClass.value(3 * i + 2), byClass.value(3 * i + 1));
      right.add(0, byClass.value(3 * i + 2));
      if (byClass.value(3 * i) > 0) {
        recalls.add(recall);
      }
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("class", names.get(i));
      one.put("weight", Ratios.count(byClass.value(3 * i)));
      one.put("precision", precision);
      one.put("recall", recall);
      one.put("f1", f1(i));
      if (curves() > 1) {
        one.put("auc", bins().rocArea(scores, i * 2 * bins().bins()));
        one.put("averagePrecision", bins().averagePrecision(scores, i * 2 * bins().bins()));
      }
      perClass.add(one);
    }
    results.put("accuracy", Ratios.of(right.value(0), all));
    results.put("balancedAccuracy", Ratios.mean(recalls));
    // As sklearn counts: a class without examples or predictions has 0.
    for (String name : List.of("precision", "recall", "f1")) {
      results.put(
          "macro" + name.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + name.substring(1),
          Ratios.mean(perClass.stream().map(one -> (Double) one.get(name)).toList()));
    }
    if (curves() == 1) {
      results.put("auc", bins().rocArea(scores, 0));
      results.put("averagePrecision", bins().averagePrecision(scores, 0));
    } else if (curves() > 1) {
      results.put("macroAuc", Ratios.meanOfNumbers(perClass, "auc"));
      results.put("macroAveragePrecision", Ratios.meanOfNumbers(perClass, "averagePrecision"));
    }
    if (form != Form.VALUES) {
      results.put("logLoss", Ratios.of(totals.value(1), all));
      results.put("calibrationError", calibration.error());
    }
    results.put("classes", perClass);
    if (table.size() > 0) {
      results.put("confusion", confusion());
    }
    if (form != Form.VALUES) {
      results.put("calibration", calibration.bins());
    }
    return results;
  }

  private double f1(int index) {
    return Ratios.of(
        2 * byClass.value(3 * index + 2), byClass.value(3 * index) + byClass.value(3 * index + 1));
  }

  /** A row for each class that is right, with a column for each that was predicted. */
  private List<List<Number>> confusion() {
    List<List<Number>> rows = new ArrayList<>();
    for (int right = 0; right < classes; right++) {
      List<Number> row = new ArrayList<>();
      for (int found = 0; found < classes; found++) {
        row.add(Ratios.count(table.value(right * classes + found)));
      }
      rows.add(row);
    }
    return rows;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring.metrics;

import java.io.Serializable;
import java.util.Map;

/**
 * What one output of a model is measured by: rows are counted, one after the other, into sums that
 * add up over tasks.
 *
 * <p>Threading: one thread.
 */
public sealed interface RowMeasure extends Serializable
    permits ClassMeasure, LabelMeasure, NumberMeasure {

  /**
   * Counts a row: an example, or a time step of one.
   *
   * @param outputs holds the values of the row
   * @param at where they begin
   * @param labels of the row: the index of the class, or the values
   * @param weight of the example, above 0
   */
  void add(double[] outputs, int at, double[] labels, double weight);

  /** Adds what another one of the same output has counted. */
  void merge(RowMeasure other);

  /** The numbers by name, in the order in which they are shown: doubles, and lists and maps. */
  Map<String, Object> results();
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.io.Serializable;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a fitted model holds.
 *
 * <p>Threading: safe everywhere.
 */
final class FittedNetwork implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String CLASSES = "numClasses";
  private static final String FEATURES = "numFeatures";
  private static final int UNKNOWN = -1;

  private final DriverNetwork network;
  private final TreeMap<String, Integer> facts;
  private final transient CairnTrainingSummary summary;

  /**
   * @param file the Deeplearning4j file
   * @param facts that are saved beside it
   * @param summary how it came about; null of a model that was loaded
   */
  FittedNetwork(byte[] file, Map<String, Integer> facts, CairnTrainingSummary summary) {
    this.network = new DriverNetwork(file);
    this.facts = new TreeMap<>(facts);
    this.summary = summary;
  }

  /**
   * A network with one input and one output.
   *
   * @param classes that it tells apart; -1 if its output is no class
   */
  static FittedNetwork of(CairnFit.Fitted fitted, int classes, NetworkShape shape) {
    return new FittedNetwork(
        fitted.network(),
        Map.of(CLASSES, classes, FEATURES, shape.features().orElse(UNKNOWN)),
        fitted.summary());
  }

  /** What is saved beside the network's file. */
  Map<String, Integer> facts() {
    return Collections.unmodifiableMap(facts);
  }

  /** Scores. */
  DriverNetwork network() {
    return network;
  }

  /** How many classes it tells apart. */
  int classes() {
    return facts.getOrDefault(CLASSES, UNKNOWN);
  }

  /** How many features it takes; -1 where that is not known. */
  int features() {
    return facts.getOrDefault(FEATURES, UNKNOWN);
  }

  /** Whether it is known how it came about. */
  boolean hasSummary() {
    return summary != null;
  }

  /**
   * How it came about.
   *
   * @param model for the message
   * @throws IllegalStateException if that is not known
   */
  CairnTrainingSummary summary(Object model) {
    if (summary == null) {
      throw new IllegalStateException(
          "No training summary available for this " + model.getClass().getSimpleName());
    }
    return summary;
  }
}

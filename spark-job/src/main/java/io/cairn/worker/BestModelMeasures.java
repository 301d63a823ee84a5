/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.data.Encoding;
import io.cairn.data.Field;
import io.cairn.json.StrictJson;
import io.cairn.replica.ClassTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What the best model of a run does on the run's validation examples: the content of {@code
 * validation.json}. Its outputs have the form that {@code evaluate} gives them.
 *
 * <p>Threading: immutable.
 *
 * @param version of this form
 * @param model the file that has the model
 * @param update after which of the run's updates the model was so
 * @param examples of the validation
 * @param values the measures of a validation
 * @param outputs those with classes
 */
record BestModelMeasures(
    int version,
    String model,
    long update,
    long examples,
    Map<String, Double> values,
    List<Output> outputs) {

  private static final int VERSION = 1;

  /**
   * An output.
   *
   * @param output its name
   * @param classes their names or indices, in the order of the table; empty without one
   * @param confusion a row for each class that is right, with a column for each that was predicted;
   *     empty where there are very many classes
   * @param calibrationError the expected one; NaN where there are no bins
   * @param calibration how often predictions are right, by their probability; empty where outputs
   *     are no probabilities
   */
  record Output(
      String output,
      List<Map<String, String>> classes,
      List<List<Number>> confusion,
      double calibrationError,
      List<Bin> calibration) {}

  /** A bin, with the weight of its examples. */
  record Bin(double above, double upTo, Number weight, double meanProbability, double accuracy) {}

  static BestModelMeasures of(String model, long update, Validation.Classes found) {
    List<Output> outputs = new ArrayList<>();
    found.tables().forEach((field, table) -> outputs.add(output(field, table)));
    return new BestModelMeasures(VERSION, model, update, found.examples(), found.values(), outputs);
  }

  private static Output output(Field field, ClassTable table) {
    List<String> names = ((Encoding.ClassIndex) field.encoding()).names();
    int classes = table.hasPairs() ? table.classes() : 0;
    return new Output(
        field.name(),
        IntStream.range(0, classes)
            .mapToObj(i -> Map.of("class", names.isEmpty() ? String.valueOf(i) : names.get(i)))
            .toList(),
        IntStream.range(0, classes)
            .mapToObj(
                right ->
                    IntStream.range(0, classes)
                        .mapToObj(to -> count(table.taken(right, to)))
                        .toList())
            .toList(),
        table.calibrationError(),
        table.calibration().stream().map(BestModelMeasures::bin).toList());
  }

  private static Bin bin(ClassTable.Bin bin) {
    return new Bin(
        bin.above(), bin.upTo(), count(bin.weight()), bin.meanProbability(), bin.accuracy());
  }

  /** A sum of weights: a whole number where examples have none. */
  private static Number count(double weight) {
    if (weight == (long) weight) {
      return (long) weight;
    }
    return weight;
  }

  String write() {
    return StrictJson.line(this);
  }
}

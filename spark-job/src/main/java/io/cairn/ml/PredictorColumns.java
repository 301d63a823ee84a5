/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The columns of a network with one input and one output, as settings.
 *
 * <p>Threading: stateless.
 */
final class PredictorColumns {

  private PredictorColumns() {}

  /**
   * Which columns mean what.
   *
   * @param classes of the label, if it is a class
   */
  static Map<String, Object> settings(CairnPredictorParams stage, OptionalInt classes) {
    Map<String, Object> input = new LinkedHashMap<>();
    input.put("columns", List.of(stage.getFeaturesCol()));
    if (stage.isDefined(stage.inputShape())) {
      input.put("shape", boxed(stage.getInputShape()));
    }
    Map<String, Object> output = new LinkedHashMap<>();
    output.put("columns", List.of(stage.getLabelCol()));
    classes.ifPresent(number -> output.put("classes", number));
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("data.inputs", List.of(input));
    values.put("data.outputs", List.of(output));
    return values;
  }

  /** All columns that a fit uses. */
  static List<String> used(CairnPredictorParams stage) {
    List<String> columns = new ArrayList<>(List.of(stage.getFeaturesCol(), stage.getLabelCol()));
    columns.addAll(marks(stage));
    return columns;
  }

  /** The columns that say how much a row counts, and what it is for. */
  static List<String> marks(CairnParams stage) {
    List<String> columns = new ArrayList<>();
    if (ParamSettings.isNamed(stage, stage.weightCol())) {
      columns.add(stage.getWeightCol());
    }
    if (ParamSettings.isNamed(stage, stage.validationIndicatorCol())) {
      columns.add(stage.getValidationIndicatorCol());
    }
    return columns;
  }

  private static List<Integer> boxed(int[] numbers) {
    return java.util.Arrays.stream(numbers).boxed().toList();
  }
}

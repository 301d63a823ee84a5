/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import io.cairn.settings.ClassKinds.Classes;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * Reads the {@code data} block: sources, columns in the short or the long form, scaling.
 *
 * <p>Threading: one thread.
 */
final class DataSection {

  private static final List<String> IDX_FEATURES = List.of("pixels");
  private static final List<String> IDX_LABEL = List.of("label");

  private final Values values;
  private final SourcesSection sources;
  private final List<ColumnSettings> inputs;
  private final List<ColumnSettings> outputs;

  /** Reads everything; problems go to the findings of {@code values}. */
  DataSection(Values values, UnaryOperator<String> absolutePath) {
    this.values = values;
    sources = new SourcesSection(values, absolutePath);
    values.maybe(DataSettings.FEATURES);
    values.maybe(DataSettings.LABEL);
    values.maybe(DataSettings.CLASSES);
    List<Values> longInputs =
        values.entries(DataSettings.INPUTS, ColumnSettings.INPUT.keys().keySet());
    List<Values> longOutputs =
        values.entries(DataSettings.OUTPUTS, ColumnSettings.OUTPUT.keys().keySet());
    if (values.isGiven(DataSettings.INPUTS) || values.isGiven(DataSettings.OUTPUTS)) {
      refuseShortForm();
      requireOtherHalf();
      inputs = longInputs.stream().flatMap(entry -> input(entry).stream()).toList();
      outputs = longOutputs.stream().flatMap(entry -> column(entry).stream()).toList();
    } else {
      inputs = shortInput();
      outputs = shortOutput();
    }
    values.maybe(DataSettings.SCALE);
    values.maybe(DataSettings.WEIGHT);
    checkClassWeights();
  }

  /** The settings, once nothing is known to be wrong. */
  DataSettings build() {
    return new DataSettings(
        sources.train(),
        sources.validation(),
        values.maybeDouble(DataSettings.FRACTION),
        inputs,
        outputs,
        values.maybe(DataSettings.SCALE).orElse(new Scale.FromModel()),
        values.maybe(DataSettings.WEIGHT),
        values.maybe(DataSettings.CLASS_WEIGHTS).orElse(new ClassWeights.Alike()));
  }

  private void refuseShortForm() {
    for (Key<?> key : List.of(DataSettings.FEATURES, DataSettings.LABEL, DataSettings.CLASSES)) {
      values.wrongIfGiven(
          key,
          "contradicts data.inputs and data.outputs",
          "give features, label, classes or inputs, outputs");
    }
  }

  private void requireOtherHalf() {
    for (Key<?> key : List.of(DataSettings.INPUTS, DataSettings.OUTPUTS)) {
      if (!values.isGiven(key)) {
        values.missing(key, "is missing", key.name() + " = [{ columns = [...] }]");
      }
    }
  }

  private List<ColumnSettings> shortInput() {
    Optional<List<String>> features = values.maybe(DataSettings.FEATURES);
    if (features.isEmpty() && !sources.isIdx()) {
      values.missing(DataSettings.FEATURES, "is missing", "the feature columns, or data.inputs");
      return List.of();
    }
    return List.of(
        new ColumnSettings(
            features.orElse(IDX_FEATURES), OptionalInt.empty(), List.of(), OptionalInt.empty()));
  }

  private List<ColumnSettings> shortOutput() {
    Optional<List<String>> label = values.maybe(DataSettings.LABEL);
    if (label.isEmpty() && !sources.isIdx()) {
      values.missing(DataSettings.LABEL, "is missing", "the label column, or data.outputs");
      return List.of();
    }
    List<String> columns = label.orElse(IDX_LABEL);
    Classes classes = values.maybe(DataSettings.CLASSES).orElse(Classes.NONE);
    if (classes.number().isPresent() && columns.size() != 1) {
      values.wrongIfGiven(DataSettings.LABEL, "must be one column where classes is given", "");
      return List.of();
    }
    return List.of(
        new ColumnSettings(
            columns, classes.number(), List.of(), OptionalInt.empty(), classes.names()));
  }

  private static Optional<ColumnSettings> input(Values entry) {
    return column(entry)
        .map(
            column ->
                new ColumnSettings(
                    column.columns(),
                    column.shape(),
                    column.maxSteps(),
                    InputSection.form(entry, column.columns(), column.shape(), column.maxSteps())));
  }

  private static Optional<ColumnSettings> column(Values entry) {
    Optional<List<String>> columns = entry.maybe(ColumnSettings.COLUMNS);
    Classes classes = entry.maybe(ColumnSettings.CLASSES).orElse(Classes.NONE);
    List<Integer> shape = entry.maybe(ColumnSettings.SHAPE).orElse(List.of());
    OptionalInt maxSteps = entry.maybeInt(ColumnSettings.MAX_STEPS);
    if (columns.isEmpty()) {
      entry.missing(ColumnSettings.COLUMNS, "is missing", "columns = [...]");
      return Optional.empty();
    }
    if (classes.number().isPresent() && columns.get().size() != 1) {
      entry.wrongIfGiven(ColumnSettings.COLUMNS, "must be one column where classes is given", "");
      return Optional.empty();
    }
    return Optional.of(
        new ColumnSettings(columns.get(), classes.number(), shape, maxSteps, classes.names()));
  }

  /** Weights need one output, with classes, that is no sequence; and one number for each class. */
  private void checkClassWeights() {
    Key<ClassWeights> key = DataSettings.CLASS_WEIGHTS;
    if (outputs.size() > 1) {
      values.wrongIfGiven(
          key, "needs a model with one output", "data.weight weights the examples of several");
    } else if (outputs.isEmpty() || outputs.get(0).classes().isEmpty()) {
      values.wrongIfGiven(key, "has no meaning without data.classes", "");
    } else if (outputs.get(0).maxSteps().isPresent()) {
      values.wrongIfGiven(
          key, "weights an example by its class, but a sequence has one at each step", "");
    } else if (values.maybe(key).orElse(new ClassWeights.Alike())
        instanceof ClassWeights.Given given) {
      int classes = outputs.get(0).classes().getAsInt();
      if (given.weights().size() != classes) {
        values.wrongIfGiven(
            key,
            "has %d weights for %d classes".formatted(given.weights().size(), classes),
            "one each");
      }
    }
  }
}

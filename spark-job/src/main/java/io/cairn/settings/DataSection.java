/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import io.cairn.settings.ClassesKind.Classes;
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
    values.maybe(DataKeys.FEATURES);
    values.maybe(DataKeys.LABEL);
    values.maybe(DataKeys.CLASSES);
    List<Values> longInputs = values.entries(DataKeys.INPUTS, ColumnKeys.INPUT.keys().keySet());
    List<Values> longOutputs = values.entries(DataKeys.OUTPUTS, ColumnKeys.OUTPUT.keys().keySet());
    if (values.isGiven(DataKeys.INPUTS) || values.isGiven(DataKeys.OUTPUTS)) {
      refuseShortForm();
      requireOtherHalf();
      inputs = longInputs.stream().flatMap(entry -> input(entry).stream()).toList();
      outputs = longOutputs.stream().flatMap(entry -> column(entry).stream()).toList();
    } else {
      inputs = shortInput();
      outputs = shortOutput();
    }
    values.maybe(DataKeys.SCALE);
    values.maybe(DataKeys.WEIGHT);
    checkClassWeights();
  }

  /** The settings, once nothing is known to be wrong. */
  DataSettings build() {
    return new DataSettings(
        sources.train(),
        sources.validation(),
        values.maybeDouble(DataKeys.FRACTION),
        inputs,
        outputs,
        values.maybe(DataKeys.SCALE).orElse(new Scale.FromModel()),
        values.maybe(DataKeys.WEIGHT),
        values.maybe(DataKeys.CLASS_WEIGHTS).orElse(new ClassWeights.Alike()));
  }

  private void refuseShortForm() {
    for (Key<?> key : List.of(DataKeys.FEATURES, DataKeys.LABEL, DataKeys.CLASSES)) {
      values.wrongIfGiven(
          key,
          "contradicts data.inputs and data.outputs",
          "give features, label, classes or inputs, outputs");
    }
  }

  private void requireOtherHalf() {
    for (Key<?> key : List.of(DataKeys.INPUTS, DataKeys.OUTPUTS)) {
      if (!values.isGiven(key)) {
        values.missing(key, "is missing", key.name() + " = [{ columns = [...] }]");
      }
    }
  }

  private List<ColumnSettings> shortInput() {
    Optional<List<String>> features = values.maybe(DataKeys.FEATURES);
    if (features.isEmpty() && !sources.isIdx()) {
      values.missing(DataKeys.FEATURES, "is missing", "the feature columns, or data.inputs");
      return List.of();
    }
    return List.of(
        new ColumnSettings(
            features.orElse(IDX_FEATURES), OptionalInt.empty(), List.of(), OptionalInt.empty()));
  }

  private List<ColumnSettings> shortOutput() {
    Optional<List<String>> label = values.maybe(DataKeys.LABEL);
    if (label.isEmpty() && !sources.isIdx()) {
      values.missing(DataKeys.LABEL, "is missing", "the label column, or data.outputs");
      return List.of();
    }
    List<String> columns = label.orElse(IDX_LABEL);
    Classes classes = values.maybe(DataKeys.CLASSES).orElse(Classes.NONE);
    if (classes.number().isPresent() && columns.size() != 1) {
      values.wrongIfGiven(DataKeys.LABEL, "must be one column where classes is given", "");
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
    Optional<List<String>> columns = entry.maybe(ColumnKeys.COLUMNS);
    Classes classes = entry.maybe(ColumnKeys.CLASSES).orElse(Classes.NONE);
    List<Integer> shape = entry.maybe(ColumnKeys.SHAPE).orElse(List.of());
    OptionalInt maxSteps = entry.maybeInt(ColumnKeys.MAX_STEPS);
    if (columns.isEmpty()) {
      entry.missing(ColumnKeys.COLUMNS, "is missing", "columns = [...]");
      return Optional.empty();
    }
    if (classes.number().isPresent() && columns.get().size() != 1) {
      entry.wrongIfGiven(ColumnKeys.COLUMNS, "must be one column where classes is given", "");
      return Optional.empty();
    }
    return Optional.of(
        new ColumnSettings(columns.get(), classes.number(), shape, maxSteps, classes.names()));
  }

  /** Weights need one output, with classes, that is no sequence; and one number for each class. */
  private void checkClassWeights() {
    Key<ClassWeights> key = DataKeys.CLASS_WEIGHTS;
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

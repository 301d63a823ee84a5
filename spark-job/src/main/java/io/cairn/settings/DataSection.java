/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Reads the {@code data} block: sources, columns in the short or the long form, scaling.
 *
 * <p>Threading: one thread.
 */
final class DataSection {

  /** The keys of one entry of {@code data.inputs}. */
  static final Set<String> INPUT_KEYS = Set.of("columns", "shape", "max-steps", "scale", "image");

  /** The keys of one entry of {@code data.outputs}. */
  static final Set<String> OUTPUT_KEYS = Set.of("columns", "classes", "shape", "max-steps");

  private static final List<String> IDX_FEATURES = List.of("pixels");
  private static final List<String> IDX_LABEL = List.of("label");

  private final Values values;
  private final SourcesSection sources;
  private final List<ColumnSettings> inputs;
  private final List<ColumnSettings> outputs;
  private final Optional<Scale> scale;
  private final Optional<String> weight;
  private final Optional<ClassWeights> classWeights;

  /** Reads everything; problems go to the findings of {@code values}. */
  DataSection(Values values, UnaryOperator<String> absolutePath) {
    this.values = values;
    sources = new SourcesSection(values, absolutePath);
    List<String> features = values.names("data.features");
    List<String> label = values.names("data.label");
    ClassesReader.Classes classes = ClassesReader.read(values, "data.classes");
    List<Values> longInputs = values.entries("data.inputs", INPUT_KEYS);
    List<Values> longOutputs = values.entries("data.outputs", OUTPUT_KEYS);
    if (values.isGiven("data.inputs") || values.isGiven("data.outputs")) {
      refuseShortForm();
      requireOtherHalf();
      inputs = longInputs.stream().flatMap(entry -> input(entry).stream()).toList();
      outputs = longOutputs.stream().flatMap(entry -> column(entry).stream()).toList();
    } else {
      inputs = shortInput(features);
      outputs = shortOutput(label, classes);
    }
    scale = scale();
    weight = values.text("data.weight");
    classWeights = ClassesReader.weights(values, "data.class-weights", outputs);
  }

  /** The settings, once nothing is known to be wrong. */
  DataSettings build() {
    return new DataSettings(
        sources.train(),
        sources.validation(),
        sources.validationFraction(),
        inputs,
        outputs,
        scale.orElseThrow(),
        weight,
        classWeights.orElseThrow());
  }

  private void refuseShortForm() {
    for (String key : List.of("data.features", "data.label", "data.classes")) {
      values.wrongIfGiven(
          key,
          "contradicts data.inputs and data.outputs",
          "give features, label, classes or inputs, outputs");
    }
  }

  private void requireOtherHalf() {
    for (String key : List.of("data.inputs", "data.outputs")) {
      if (!values.isGiven(key)) {
        values.missing(key, "is missing", key + " = [{ columns = [...] }]");
      }
    }
  }

  private List<ColumnSettings> shortInput(List<String> features) {
    List<String> columns = features;
    if (features.isEmpty()) {
      if (!sources.isIdx()) {
        values.missing("data.features", "is missing", "the feature columns, or data.inputs");
        return List.of();
      }
      columns = IDX_FEATURES;
    }
    return List.of(
        new ColumnSettings(columns, OptionalInt.empty(), List.of(), OptionalInt.empty()));
  }

  private List<ColumnSettings> shortOutput(List<String> label, ClassesReader.Classes classes) {
    List<String> columns = label;
    if (label.isEmpty()) {
      if (!sources.isIdx()) {
        values.missing("data.label", "is missing", "the label column, or data.outputs");
        return List.of();
      }
      columns = IDX_LABEL;
    }
    if (classes.number().isPresent() && columns.size() != 1) {
      values.wrongIfGiven("data.label", "must be one column where classes is given", "");
      return List.of();
    }
    return List.of(
        new ColumnSettings(
            columns, classes.number(), List.of(), OptionalInt.empty(), classes.names()));
  }

  private static Optional<ColumnSettings> input(Values entry) {
    Optional<ColumnSettings> read = column(entry);
    return read.map(
        column ->
            new ColumnSettings(
                column.columns(),
                column.shape(),
                column.maxSteps(),
                InputSection.form(entry, column.columns(), column.shape(), column.maxSteps())));
  }

  private static Optional<ColumnSettings> column(Values entry) {
    List<String> columns = entry.names("columns");
    ClassesReader.Classes classes = ClassesReader.read(entry, "classes");
    List<Integer> shape = entry.lengths("shape");
    OptionalInt maxSteps = entry.integer("max-steps", 1);
    if (columns.isEmpty()) {
      entry.missing("columns", "is missing", "columns = [...]");
      return Optional.empty();
    }
    if (classes.number().isPresent() && columns.size() != 1) {
      entry.wrongIfGiven("columns", "must be one column where classes is given", "");
      return Optional.empty();
    }
    return Optional.of(
        new ColumnSettings(columns, classes.number(), shape, maxSteps, classes.names()));
  }

  /** That of all inputs; where none is given, what comes with the model. */
  private Optional<Scale> scale() {
    Optional<Scale> given = InputSection.scale(values, "data.scale");
    return given.isPresent() || values.isGiven("data.scale")
        ? given
        : Optional.of(new Scale.FromModel());
  }
}

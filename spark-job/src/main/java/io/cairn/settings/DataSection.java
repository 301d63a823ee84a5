/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Reads the {@code data} block: sources, columns in the short or the long form, scaling.
 *
 * <p>Threading: one thread.
 */
final class DataSection {

  /** The keys of one entry of {@code data.inputs}. */
  static final Set<String> INPUT_KEYS = Set.of("columns", "shape", "max-steps");

  /** The keys of one entry of {@code data.outputs}. */
  static final Set<String> OUTPUT_KEYS = Set.of("columns", "classes", "shape", "max-steps");

  private static final String IDX = "idx";
  private static final String IDX_LABELS = "labels";
  private static final List<String> IDX_FEATURES = List.of("pixels");
  private static final List<String> IDX_LABEL = List.of("label");

  private final Values values;
  private final UnaryOperator<String> absolutePath;

  private final Optional<String> trainPath;
  private final Optional<String> trainFormat;
  private final Map<String, String> trainOptions;
  private final Optional<SourceSettings> validation;
  private final OptionalDouble fraction;
  private final List<ColumnSettings> inputs;
  private final List<ColumnSettings> outputs;
  private final Optional<Scale> scale;
  private final Optional<String> weight;
  private final Optional<ClassWeights> classWeights;

  /** Reads everything; problems go to the findings of {@code values}. */
  DataSection(Values values, UnaryOperator<String> absolutePath) {
    this.values = values;
    this.absolutePath = absolutePath;
    trainPath = values.requiredText("data.train.path", "the training examples' path");
    trainFormat =
        values.requiredText("data.train.format", "such as parquet, csv, json, orc, libsvm or idx");
    trainOptions = optionsOf(trainFormat, values.texts("data.train.options"));
    validation = validation();
    fraction = fraction();
    List<String> features = values.names("data.features");
    List<String> label = values.names("data.label");
    ClassesReader.Classes classes = ClassesReader.read(values, "data.classes");
    List<Values> longInputs = values.entries("data.inputs", INPUT_KEYS);
    List<Values> longOutputs = values.entries("data.outputs", OUTPUT_KEYS);
    if (values.isGiven("data.inputs") || values.isGiven("data.outputs")) {
      refuseShortForm();
      requireOtherHalf();
      inputs = longInputs.stream().flatMap(entry -> column(entry).stream()).toList();
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
        new SourceSettings(
            absolutePath.apply(trainPath.orElseThrow()), trainFormat.orElseThrow(), trainOptions),
        validation,
        fraction,
        inputs,
        outputs,
        scale.orElseThrow(),
        weight,
        classWeights.orElseThrow());
  }

  private Optional<SourceSettings> validation() {
    Optional<String> path = values.text("data.validation.path");
    Optional<String> format = values.text("data.validation.format");
    Map<String, String> options = values.texts("data.validation.options");
    if (path.isEmpty()) {
      String message = "has no meaning without data.validation.path";
      values.wrongIfGiven("data.validation.format", message, "");
      values.wrongIfGiven("data.validation.options", message, "");
      return Optional.empty();
    }
    boolean asTrain = format.isEmpty() && !values.isGiven("data.validation.options");
    Optional<String> source = format.or(() -> trainFormat);
    Map<String, String> chosen = asTrain ? trainOptions : optionsOf(source, options);
    return source.map(name -> new SourceSettings(absolutePath.apply(path.get()), name, chosen));
  }

  /** The options, with a path among them made absolute like all others. */
  private Map<String, String> optionsOf(Optional<String> format, Map<String, String> options) {
    Map<String, String> resolved = new TreeMap<>(options);
    if (format.filter(IDX::equals).isPresent()) {
      resolved.computeIfPresent(IDX_LABELS, (option, path) -> absolutePath.apply(path));
    }
    return resolved;
  }

  private OptionalDouble fraction() {
    OptionalDouble read = values.number("data.validation.fraction", 0, 1);
    if (values.isGiven("data.validation.path")) {
      values.wrongIfGiven(
          "data.validation.fraction",
          "contradicts data.validation.path",
          "give validation examples of their own or a fraction of the training examples");
    }
    return read;
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
      if (!isIdx()) {
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
      if (!isIdx()) {
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

  private Optional<ColumnSettings> column(Values entry) {
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

  private Optional<Scale> scale() {
    Optional<String> text = values.text("data.scale");
    if (text.isEmpty()) {
      return values.isGiven("data.scale") ? Optional.empty() : Optional.of(new Scale.FromModel());
    }
    return switch (text.get()) {
      case "none" -> Optional.of(new Scale.None());
      case "standard" -> Optional.of(new Scale.Standard());
      case "min-max" -> Optional.of(new Scale.MinMax());
      default -> factor(text.get());
    };
  }

  private Optional<Scale> factor(String text) {
    List<Double> parts = new ArrayList<>();
    for (String part : text.split("/", 3)) {
      Values.decimal(part).map(BigDecimal::doubleValue).ifPresent(parts::add);
    }
    boolean readable = !parts.isEmpty() && parts.size() == text.split("/", 3).length;
    double factor = 0;
    if (readable && parts.size() <= 2) {
      factor = parts.size() == 1 ? parts.get(0) : parts.get(0) / parts.get(1);
    }
    if (factor == 0 || !Double.isFinite(factor)) {
      values.wrongIfGiven(
          "data.scale",
          "must be none, standard, min-max or a factor that is not 0",
          "such as 0.0625 or 1/255");
      return Optional.empty();
    }
    return Optional.of(new Scale.Factor(factor));
  }

  private boolean isIdx() {
    return trainFormat.filter(IDX::equals).isPresent();
  }
}

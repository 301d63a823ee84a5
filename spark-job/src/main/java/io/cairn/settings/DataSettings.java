/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static com.typesafe.config.ConfigValueFactory.fromAnyRef;
import static io.cairn.settings.Kind.columns;
import static io.cairn.settings.Kind.number;
import static io.cairn.settings.Kind.ofItsOwn;
import static io.cairn.settings.Kind.text;

import com.typesafe.config.ConfigValue;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Where the examples come from and which columns mean what.
 *
 * <p>The short form {@code features}, {@code label}, {@code classes} is read as one input and one
 * output.
 *
 * @param train the training examples
 * @param validation the validation examples, if they have a source of their own
 * @param validationFraction the share of the training examples held out instead, in (0, 1)
 * @param inputs the model's inputs in the model's order, at least one
 * @param outputs the model's outputs in the model's order, at least one
 * @param scale how input values are scaled
 * @param weight the column with the examples' weights, if they have any
 * @param classWeights how much the examples of each class count in training
 */
public record DataSettings(
    SourceSettings train,
    Optional<SourceSettings> validation,
    OptionalDouble validationFraction,
    List<ColumnSettings> inputs,
    List<ColumnSettings> outputs,
    Scale scale,
    Optional<String> weight,
    ClassWeights classWeights) {
  static final Key<Double> FRACTION = Key.of("data.validation.fraction", number(0, 1, "share"));
  static final Key<List<String>> FEATURES = Key.of("data.features", columns());
  static final Key<List<String>> LABEL = Key.of("data.label", columns());
  static final Key<ClassKinds.Classes> CLASSES = Key.of("data.classes", ClassKinds.CLASSES);

  /** Read by {@link DataSection}, with the keys of {@link ColumnSettings#INPUT}. */
  static final Key<ConfigValue> INPUTS = Key.of("data.inputs", ofItsOwn());

  /** Read by {@link DataSection}, with the keys of {@link ColumnSettings#OUTPUT}. */
  static final Key<ConfigValue> OUTPUTS = Key.of("data.outputs", ofItsOwn());

  static final Key<String> WEIGHT = Key.of("data.weight", text());
  static final Key<ClassWeights> CLASS_WEIGHTS = Key.of("data.class-weights", ClassKinds.WEIGHTS);
  static final Key<Scale> SCALE = Key.of("data.scale", InputSection.SCALE);

  static final Block<DataSettings> BLOCK =
      Block.<DataSettings>named("data", Resume.MUST_STAY)
          .with(SourceKeys.TRAIN.block(), DataSettings::train)
          .maybe(SourceKeys.VALIDATION.block(), DataSettings::validation)
          .maybeDouble(FRACTION, DataSettings::validationFraction)
          .unwritten(FEATURES)
          .unwritten(LABEL)
          .unwritten(CLASSES)
          .with(INPUTS, data -> entries(ColumnSettings.INPUT, data.inputs()))
          .with(OUTPUTS, data -> entries(ColumnSettings.OUTPUT, data.outputs()))
          .maybe(WEIGHT, DataSettings::weight)
          .maybe(
              CLASS_WEIGHTS, data -> Optional.of(data.classWeights()).filter(DataSettings::isGiven))
          .maybe(SCALE, data -> Optional.of(data.scale()).filter(DataSettings::isGiven));

  /** Whether examples may count differently. */
  public boolean isWeighted() {
    return weight.isPresent() || !(classWeights instanceof ClassWeights.Alike);
  }

  /** Settings of examples that all count alike. */
  public DataSettings(
      SourceSettings train,
      Optional<SourceSettings> validation,
      OptionalDouble validationFraction,
      List<ColumnSettings> inputs,
      List<ColumnSettings> outputs,
      Scale scale) {
    this(
        train,
        validation,
        validationFraction,
        inputs,
        outputs,
        scale,
        Optional.empty(),
        new ClassWeights.Alike());
  }

  public DataSettings {
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(validation, "validation");
    Objects.requireNonNull(validationFraction, "validationFraction");
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    Objects.requireNonNull(scale, "scale");
    Objects.requireNonNull(weight, "weight");
    Objects.requireNonNull(classWeights, "classWeights");
    if (inputs.isEmpty() || outputs.isEmpty()) {
      throw new IllegalArgumentException("at least one input and one output");
    }
    if (validation.isPresent() && validationFraction.isPresent()) {
      throw new IllegalArgumentException("validation data of its own, or a fraction, not both");
    }
    validationFraction.ifPresent(FRACTION::require);
  }

  private static boolean isGiven(ClassWeights weights) {
    return !(weights instanceof ClassWeights.Alike);
  }

  private static boolean isGiven(Scale scale) {
    return !(scale instanceof Scale.FromModel);
  }

  private static ConfigValue entries(Block<ColumnSettings> keys, List<ColumnSettings> columns) {
    return fromAnyRef(columns.stream().map(column -> keys.json(column).root()).toList());
  }
}

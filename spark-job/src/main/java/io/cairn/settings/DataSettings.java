/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

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
    validationFraction.ifPresent(DataKeys.FRACTION::require);
  }
}

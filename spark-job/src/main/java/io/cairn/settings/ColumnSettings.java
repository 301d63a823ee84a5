/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import io.cairn.settings.InputForm.Image;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The columns that make one input or one output of the model.
 *
 * @param columns column names or patterns with {@code *}, in this order, at least one
 * @param classes for an output: the one column is a class index below this, at least 2; absent:
 *     values
 * @param shape the array's shape for one example, without the example dimension; empty: one flat
 *     vector
 * @param maxSteps for sequences: the longest sequence in time steps; each column then holds one
 *     value (or one array of values) a step, shorter sequences are padded and masked; absent: not a
 *     sequence
 * @param classNames the names of the classes in the order of their indices; empty: they have none,
 *     and the column holds indices
 * @param form for an input: how its values are made
 */
public record ColumnSettings(
    List<String> columns,
    OptionalInt classes,
    List<Integer> shape,
    OptionalInt maxSteps,
    List<String> classNames,
    InputForm form) {
  static final Key<List<String>> COLUMNS = Key.of("columns", Kind.columns());
  static final Key<ClassKinds.Classes> CLASSES = Key.of("classes", ClassKinds.CLASSES);
  static final Key<List<Integer>> SHAPE = Key.of("shape", Kind.lengths());
  static final Key<Integer> MAX_STEPS = Key.of("max-steps", Kind.count("time steps"));
  static final Key<Scale> SCALE = Key.of("scale", InputSection.SCALE);
  static final Key<Image> IMAGE = Key.of("image", Kind.choice(Image.class));

  /** Those of an output. */
  static final Block<ColumnSettings> OUTPUT = common().maybe(CLASSES, ClassKinds::of);

  /** Those of an input. */
  static final Block<ColumnSettings> INPUT =
      common()
          .maybe(SCALE, column -> column.form().scale())
          .maybe(
              IMAGE,
              column -> Optional.of(column.form().image()).filter(image -> image != Image.NONE));

  /** Columns whose classes have no names, and whose values are made in the usual way. */
  public ColumnSettings(
      List<String> columns, OptionalInt classes, List<Integer> shape, OptionalInt maxSteps) {
    this(columns, classes, shape, maxSteps, List.of(), InputForm.USUAL);
  }

  /** An output whose classes may have names. */
  public ColumnSettings(
      List<String> columns,
      OptionalInt classes,
      List<Integer> shape,
      OptionalInt maxSteps,
      List<String> classNames) {
    this(columns, classes, shape, maxSteps, classNames, InputForm.USUAL);
  }

  /** An input whose values are made in a way of its own. */
  public ColumnSettings(
      List<String> columns, List<Integer> shape, OptionalInt maxSteps, InputForm form) {
    this(columns, OptionalInt.empty(), shape, maxSteps, List.of(), form);
  }

  public ColumnSettings {
    columns = List.copyOf(columns);
    Objects.requireNonNull(classes, "classes");
    shape = List.copyOf(shape);
    Objects.requireNonNull(maxSteps, "maxSteps");
    classNames = List.copyOf(classNames);
    if (!classNames.isEmpty() && classNames.size() != classes.orElse(0)) {
      throw new IllegalArgumentException(classes + " classes do not have the names " + classNames);
    }
    Objects.requireNonNull(form, "form");
    if (columns.isEmpty() || columns.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException(
          "columns must be one name or more, none blank: " + columns);
    }
    if (classes.isPresent() && (classes.getAsInt() < 2 || columns.size() != 1)) {
      throw new IllegalArgumentException(
          "classes needs one column and at least 2 classes, not " + columns + ", " + classes);
    }
    if (shape.stream().anyMatch(length -> length < 1)) {
      throw new IllegalArgumentException("every length of shape must be at least 1: " + shape);
    }
    if (form.image() != InputForm.Image.NONE
        && (columns.size() != 1 || shape.size() != 3 || maxSteps.isPresent())) {
      throw new IllegalArgumentException("a picture is one column with a shape of three lengths");
    }
    maxSteps.ifPresent(MAX_STEPS::require);
  }

  private static Block<ColumnSettings> common() {
    return Block.<ColumnSettings>named("", Resume.MUST_STAY)
        .with(COLUMNS, ColumnSettings::columns)
        .maybe(SHAPE, column -> Optional.of(column.shape()).filter(shape -> !shape.isEmpty()))
        .maybeInt(MAX_STEPS, ColumnSettings::maxSteps);
  }
}

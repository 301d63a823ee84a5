/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import io.cairn.settings.InputForm.Image;
import java.util.List;
import java.util.Optional;

/**
 * The keys of one entry of {@code data.inputs} or {@code data.outputs}.
 *
 * <p>Threading: stateless.
 */
final class ColumnKeys {

  static final Key<List<String>> COLUMNS = Key.of("columns", Kind.columns());
  static final Key<ClassesKind.Classes> CLASSES = Key.of("classes", new ClassesKind());
  static final Key<List<Integer>> SHAPE = Key.of("shape", Kind.lengths());
  static final Key<Integer> MAX_STEPS = Key.of("max-steps", Kind.count("time steps"));
  static final Key<Scale> SCALE = Key.of("scale", new ScaleKind());
  static final Key<Image> IMAGE = Key.of("image", Kind.choice(Image.class));

  /** Those of an output. */
  static final Block<ColumnSettings> OUTPUT = columns().maybe(CLASSES, ClassesKind::of);

  /** Those of an input. */
  static final Block<ColumnSettings> INPUT =
      columns()
          .maybe(SCALE, column -> column.form().scale())
          .maybe(
              IMAGE,
              column -> Optional.of(column.form().image()).filter(image -> image != Image.NONE));

  private ColumnKeys() {}

  private static Block<ColumnSettings> columns() {
    return Block.<ColumnSettings>named("", Resume.MUST_STAY)
        .with(COLUMNS, ColumnSettings::columns)
        .maybe(SHAPE, column -> Optional.of(column.shape()).filter(shape -> !shape.isEmpty()))
        .maybeInt(MAX_STEPS, ColumnSettings::maxSteps);
  }
}

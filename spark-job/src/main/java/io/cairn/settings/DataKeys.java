/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static com.typesafe.config.ConfigValueFactory.fromAnyRef;
import static io.cairn.settings.Kind.columns;
import static io.cairn.settings.Kind.number;
import static io.cairn.settings.Kind.readBy;
import static io.cairn.settings.Kind.text;

import com.typesafe.config.ConfigValue;
import java.util.List;
import java.util.Optional;

/**
 * The keys of {@code data}. What they say together, {@link DataSection} finds out: the short form
 * of the columns becomes the long form there, and is written as such.
 *
 * <p>Threading: stateless.
 */
final class DataKeys {

  static final Key<Double> FRACTION = Key.of("data.validation.fraction", number(0, 1, "share"));
  static final Key<List<String>> FEATURES = Key.of("data.features", columns());
  static final Key<List<String>> LABEL = Key.of("data.label", columns());
  static final Key<ClassesKind.Classes> CLASSES = Key.of("data.classes", new ClassesKind());
  static final Key<ConfigValue> INPUTS = Key.of("data.inputs", readBy(DataSection.class));
  static final Key<ConfigValue> OUTPUTS = Key.of("data.outputs", readBy(DataSection.class));
  static final Key<String> WEIGHT = Key.of("data.weight", text());

  static final Key<ClassWeights> CLASS_WEIGHTS =
      Key.of("data.class-weights", new ClassWeightsKind());
  static final Key<Scale> SCALE = Key.of("data.scale", new ScaleKind());

  static final Block<DataSettings> BLOCK =
      Block.<DataSettings>named("data", Resume.MUST_STAY)
          .with(SourceKeys.TRAIN.block(), DataSettings::train)
          .maybe(SourceKeys.VALIDATION.block(), DataSettings::validation)
          .maybeDouble(FRACTION, DataSettings::validationFraction)
          .unwritten(FEATURES)
          .unwritten(LABEL)
          .unwritten(CLASSES)
          .with(INPUTS, data -> entries(ColumnKeys.INPUT, data.inputs()))
          .with(OUTPUTS, data -> entries(ColumnKeys.OUTPUT, data.outputs()))
          .maybe(WEIGHT, DataSettings::weight)
          .maybe(CLASS_WEIGHTS, data -> Optional.of(data.classWeights()).filter(DataKeys::isGiven))
          .maybe(SCALE, data -> Optional.of(data.scale()).filter(DataKeys::isGiven));

  private DataKeys() {}

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

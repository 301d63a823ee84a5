/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Points out what is allowed but may be a mistake: a label among the features, or a column that is
 * named twice.
 *
 * <p>Threading: stateless.
 */
final class ColumnNotes {
  private ColumnNotes() {}

  /**
   * A sentence for each.
   *
   * @param fields of the training data, inputs first
   */
  static List<String> of(DataSettings settings, List<FieldColumns> fields) {
    List<String> notes = new ArrayList<>();
    int inputs = settings.inputs().size();
    Set<String> features = names(fields.subList(0, inputs));
    Set<String> both = names(fields.subList(inputs, fields.size()));
    both.retainAll(features);
    for (String name : both) {
      notes.add(
          "column '%s' is a label and among the features too: the model is told what it is to find"
              .formatted(name));
    }
    Stream.concat(settings.inputs().stream(), settings.outputs().stream())
        .forEach(columns -> twice(columns, notes));
    return notes;
  }

  private static Set<String> names(List<FieldColumns> fields) {
    Set<String> names = new LinkedHashSet<>();
    fields.forEach(field -> field.columns().forEach(column -> names.add(column.name())));
    return names;
  }

  private static void twice(ColumnSettings columns, List<String> notes) {
    Set<String> seen = new HashSet<>();
    for (String name : columns.columns()) {
      if (!seen.add(name)) {
        notes.add("'%s' is named twice in %s, and used once".formatted(name, columns.columns()));
      }
    }
  }
}

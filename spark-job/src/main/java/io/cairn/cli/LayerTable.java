/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.replica.LayerRow;
import java.util.ArrayList;
import java.util.List;

/**
 * Prints the layers of a model as an aligned table.
 *
 * <p>Threading: stateless.
 */
final class LayerTable {

  private static final int COLUMNS = 5;
  private static final int PARAMETERS = 3;

  private LayerTable() {}

  /** A line for each layer, with a line of headings above; none where there are no layers. */
  static List<String> of(List<LayerRow> layers) {
    if (layers.isEmpty()) {
      return List.of();
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("layer", "kind", "shape", "parameters", "trained"));
    for (LayerRow layer : layers) {
      rows.add(
          List.of(
              layer.name(),
              layer.kind(),
              layer.shape().toString(),
              "%,d".formatted(layer.parameters()),
              switch (layer.updated()) {
                case YES -> "yes";
                case NO -> "no";
                case NOTHING -> "";
              }));
    }
    int[] widths = new int[COLUMNS];
    for (List<String> row : rows) {
      for (int i = 0; i < COLUMNS; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> aligned(row, widths)).toList();
  }

  private static String aligned(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < COLUMNS; i++) {
      int width = i == PARAMETERS ? widths[i] : -widths[i];
      line.append(("%" + width + "s  ").formatted(row.get(i)));
    }
    return line.toString().stripTrailing();
  }
}

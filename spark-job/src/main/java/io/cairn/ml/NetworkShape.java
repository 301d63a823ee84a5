/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSignature;
import io.cairn.replica.ModelSource;
import java.util.List;
import java.util.OptionalInt;
import org.apache.spark.ml.util.MetadataUtils;
import org.apache.spark.sql.types.StructField;
import scala.Option;

/**
 * What a network with one input and one output takes and gives.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param classes that its output tells apart, where it says so
 * @param units of its output, where it says so
 * @param features of its input, where it says so
 */
record NetworkShape(OptionalInt classes, OptionalInt units, OptionalInt features) {

  /**
   * Reads it from a network.
   *
   * @param called what to call the network in messages
   * @param content its file
   * @throws IllegalArgumentException if it is no network, a graph, or has several inputs or outputs
   */
  static NetworkShape of(CairnParams stage, String called, byte[] content) {
    if (ModelSource.isGraph(content)) {
      throw new IllegalArgumentException(
          "%s: %s is a SameDiff graph or an ONNX model; CairnEstimator takes such, with a list of columns for each input and model.loss in its settings"
              .formatted(stage.uid(), called));
    }
    try {
      ModelSource network = ModelSource.read(called, content, stage.getSeed());
      ModelSignature signature = network.signature();
      if (signature.inputs().size() != 1 || signature.outputs().size() != 1) {
        throw new IllegalArgumentException(
            "%s: %s has %d inputs and %d outputs; CairnEstimator takes such networks, with a list of columns for each"
                .formatted(
                    stage.uid(), called, signature.inputs().size(), signature.outputs().size()));
      }
      ModelSignature.Output output = signature.outputs().get(0);
      return new NetworkShape(
          classes(output), known(output.units()), known(network.inputWidths().get(0).orElse(0)));
    } catch (ModelException e) {
      throw StageErrors.of(stage, List.of(e.getMessage()), e);
    }
  }

  /**
   * How many classes there are: as the label's attribute says, which the network must have, or as
   * the network says.
   *
   * @param label the label's column
   * @throws IllegalArgumentException if neither says so, or both do and differ
   */
  int classes(CairnParams stage, StructField label) {
    Option<Object> declared = MetadataUtils.getNumClasses(label);
    if (declared.isEmpty()) {
      return classes.orElseThrow(
          () ->
              new IllegalArgumentException(
                  "%s: neither the network nor the attribute of column %s says how many classes there are; give the column a NominalAttribute, as StringIndexer does"
                      .formatted(stage.uid(), label.name())));
    }
    int number = (Integer) declared.get();
    if (classes.isPresent() && classes.getAsInt() != number) {
      throw new IllegalArgumentException(
          "%s: the network tells %d classes apart, but column %s has %d by its attribute"
              .formatted(stage.uid(), classes.getAsInt(), label.name(), number));
    }
    return number;
  }

  /**
   * Refuses a network whose output is more than a number.
   *
   * @throws IllegalArgumentException if its output has several units
   */
  void requireNumber(CairnParams stage) {
    if (units.orElse(1) > 1) {
      throw new IllegalArgumentException(
          "%s: the network's output has %d units, and a regressor's has one; CairnEstimator takes several label columns"
              .formatted(stage.uid(), units.getAsInt()));
    }
  }

  private static OptionalInt classes(ModelSignature.Output output) {
    if (output.labels() == ModelSignature.Labels.BINARY) {
      return OptionalInt.of(2);
    }
    return output.units() > 1
        ? OptionalInt.of(Math.toIntExact(output.units()))
        : OptionalInt.empty();
  }

  private static OptionalInt known(long number) {
    return number > 0 ? OptionalInt.of(Math.toIntExact(number)) : OptionalInt.empty();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.ModelSignature.Labels;
import io.cairn.replica.ModelSignature.Measure;
import io.cairn.replica.ModelSignature.Steps;
import io.cairn.replica.samediff.GraphRoles;
import io.cairn.replica.samediff.GraphRoles.Score;

/**
 * What a SameDiff graph expects, in the words of {@link ModelSignature}. Its sequences have their
 * steps first, as an array of indices has them.
 *
 * <p>Threading: stateless.
 */
final class SameDiffSignature {

  private SameDiffSignature() {}

  static ModelSignature of(GraphRoles roles) {
    boolean weighted = roles.weights().isPresent();
    return new ModelSignature(
        roles.inputs().stream()
            .map(name -> new ModelSignature.Input(name, new Steps.First()))
            .toList(),
        roles.outputs().stream()
            .map(
                output ->
                    new ModelSignature.Output(
                        output.name(),
                        labels(output),
                        measure(output),
                        output.units(),
                        new Steps.First(),
                        output.loss(),
                        weighted ? "" : "its loss has no placeholder for weights"))
            .toList());
  }

  private static Labels labels(GraphRoles.Output output) {
    return switch (output.form()) {
      case ONE_HOT -> Labels.ONE_HOT;
      case INDEX, STEP_INDEX -> Labels.CLASS_INDEX;
      case VALUES ->
          output.score() == Score.SIGMOID && output.units() == 1 ? Labels.BINARY : Labels.VALUES;
    };
  }

  private static Measure measure(GraphRoles.Output output) {
    return switch (output.score()) {
      case SOFTMAX -> Measure.CLASSES;
      case SIGMOID -> Measure.PROBABILITIES;
      case AS_IT_IS -> Measure.VALUES;
    };
  }
}

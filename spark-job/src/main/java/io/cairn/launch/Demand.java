/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.Handover;
import io.cairn.data.Handover.ClassForm;
import io.cairn.data.Handover.StepAxis;
import io.cairn.data.ModelDemand;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSignature;
import io.cairn.replica.ModelSignature.Steps;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Brings together what the model wants and what the settings give, and says in the data's words how
 * each field is handed over.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: a {@link ModelException} where the two cannot go together.
 */
final class Demand {

  private Demand() {}

  static ModelDemand of(ModelSignature model, DataSettings data) {
    requireAsMany("inputs", model.inputs().stream().map(ModelSignature.Input::name).toList(),
        data.inputs());
    requireAsMany("outputs", model.outputs().stream().map(ModelSignature.Output::name).toList(),
        data.outputs());
    List<Handover> inputs = new ArrayList<>();
    for (int i = 0; i < data.inputs().size(); i++) {
      ModelSignature.Input input = model.inputs().get(i);
      StepAxis axis = axis("input " + input.name(), input.steps(), data.inputs().get(i));
      inputs.add(new Handover(axis, ClassForm.ONE_HOT));
    }
    List<Handover> outputs = new ArrayList<>();
    for (int i = 0; i < data.outputs().size(); i++) {
      outputs.add(handover(model.outputs().get(i), data.outputs().get(i)));
    }
    return new ModelDemand(
        inputs, outputs, Collections.nCopies(outputs.size(), List.of()), Optional.empty());
  }

  private static void requireAsMany(
      String what, List<String> names, List<ColumnSettings> settings) {
    if (names.size() != settings.size()) {
      throw new ModelException(
          "the model has %d %s (%s), the settings name %d"
              .formatted(names.size(), what, String.join(", ", names), settings.size()));
    }
  }

  private static Handover handover(ModelSignature.Output output, ColumnSettings columns) {
    StepAxis axis = axis("output " + output.name(), output.steps(), columns);
    return new Handover(
        axis, columns.classes().isPresent() ? form(output, columns) : ClassForm.ONE_HOT);
  }

  private static ClassForm form(ModelSignature.Output output, ColumnSettings columns) {
    int classes = columns.classes().getAsInt();
    return switch (output.labels()) {
      case ONE_HOT -> ClassForm.ONE_HOT;
      case CLASS_INDEX -> {
        if (output.units() > 0 && output.units() != classes) {
          throw new ModelException(
              "output %s has %d units, one a class, but classes = %d"
                  .formatted(output.name(), output.units(), classes));
        }
        yield ClassForm.INDEX;
      }
      case BINARY -> {
        if (classes != 2) {
          throw new ModelException(
              "output %s is a single unit, which tells 2 classes apart, not classes = %d"
                  .formatted(output.name(), classes));
        }
        yield ClassForm.INDEX;
      }
      case VALUES ->
          throw new ModelException(
              "output %s with %d %s and %s takes no index of a class; give its labels as values, without classes"
                  .formatted(
                      output.name(),
                      output.units(),
                      output.units() == 1 ? "unit" : "units",
                      output.loss()));
      case BY_LOSS_ALONE ->
          throw new ModelException(
              "output %s (%s) takes labels of a form of its own; give them as values with a shape, without classes"
                  .formatted(output.name(), output.loss()));
    };
  }

  private static StepAxis axis(String what, Steps steps, ColumnSettings columns) {
    if (columns.maxSteps().isEmpty()) {
      return StepAxis.LAST;
    }
    if (steps instanceof Steps.Undecided undecided) {
      throw new ModelException(
          what + " is a sequence by the settings (max-steps), but in the model " + undecided.why());
    }
    return steps instanceof Steps.First ? StepAxis.FIRST : StepAxis.LAST;
  }
}

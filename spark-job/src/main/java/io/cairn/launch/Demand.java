/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.Handover;
import io.cairn.data.Handover.ClassForm;
import io.cairn.data.Handover.StepAxis;
import io.cairn.data.ModelDemand;
import io.cairn.data.ModelScaling;
import io.cairn.data.source.PreparedData;
import io.cairn.replica.GraphWishes;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSignature;
import io.cairn.replica.ModelSignature.Steps;
import io.cairn.replica.ModelSource;
import io.cairn.replica.StoredNormalizer;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.Scale;
import io.cairn.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

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

  /** What the settings say that a graph does not. */
  static GraphWishes wishes(Settings settings) {
    GraphWishes given = wishes(settings.model().graph(), settings.data());
    return new GraphWishes(
        given.settings(),
        given.classes(),
        given.columns(),
        settings
            .model()
            .fineTune()
            .flatMap(FineTuneSettings::output)
            .map(output -> new GraphWishes.NewOutput(output, settings.seed())));
  }

  /** The same. */
  static GraphWishes wishes(GraphSettings graph, DataSettings data) {
    List<String> columns =
        data.inputs().stream()
            .map(input -> input.columns().size() == 1 ? input.columns().get(0) : "")
            .toList();
    return new GraphWishes(graph, data.outputs().get(0).classes(), columns);
  }

  static ModelDemand of(ModelSource source, DataSettings data) {
    ModelSignature model = source.signature();
    requireAsMany(
        "inputs", model.inputs().stream().map(ModelSignature.Input::name).toList(), data.inputs());
    requireAsMany(
        "outputs",
        model.outputs().stream().map(ModelSignature.Output::name).toList(),
        data.outputs());
    refuseMasksWhereTheyAreLaidWrongly(source, data);
    List<Handover> inputs = new ArrayList<>();
    for (int i = 0; i < data.inputs().size(); i++) {
      ModelSignature.Input input = model.inputs().get(i);
      StepAxis axis = axis("input " + input.name(), input.steps(), data.inputs().get(i));
      inputs.add(new Handover(axis, ClassForm.ONE_HOT));
    }
    List<Handover> outputs = new ArrayList<>();
    List<List<String>> names = new ArrayList<>();
    for (int i = 0; i < data.outputs().size(); i++) {
      ModelSignature.Output output = model.outputs().get(i);
      if (data.isWeighted() && !output.unweighted().isEmpty()) {
        throw new ModelException(
            "output %s cannot have weighted examples (data.weight, data.class-weights): %s"
                .formatted(output.name(), output.unweighted()));
      }
      outputs.add(handover(output, data.outputs().get(i)));
      names.add(source.classNames().getOrDefault(output.name(), List.of()));
    }
    Optional<ModelScaling> scaling =
        data.scale() instanceof Scale.FromModel
            ? source.normalizer().map(Demand::scaling)
            : Optional.empty();
    requireMaskedAsTheyAre(source, data, scaling);
    return new ModelDemand(inputs, source.indexInputs(), outputs, names, scaling);
  }

  /**
   * What Deeplearning4j would compute of sequences of different lengths depends on their company.
   */
  private static void refuseMasksWhereTheyAreLaidWrongly(ModelSource source, DataSettings data) {
    List<String> wrong = source.layersWrongWithMasks();
    boolean masks = data.inputs().stream().anyMatch(input -> input.maxSteps().isPresent());
    if (masks && !wrong.isEmpty()) {
      throw new ModelException(
          "layer %s is a TimeDistributed layer, over which Deeplearning4j lays the masks of sequences (max-steps) in the wrong order; the layer inside, by itself, computes every step alike and takes masks"
              .formatted(String.join(", ", wrong)));
    }
  }

  /** A value that masks a step must reach the model as it is. */
  private static void requireMaskedAsTheyAre(
      ModelSource source, DataSettings data, Optional<ModelScaling> stored) {
    List<OptionalDouble> masked = source.maskedInputs();
    for (int i = 0; i < masked.size(); i++) {
      Scale scale = data.inputs().get(i).form().scale().orElse(data.scale());
      boolean changes =
          scale instanceof Scale.FromModel ? stored.isPresent() : !(scale instanceof Scale.None);
      if (masked.get(i).isPresent() && changes) {
        throw new ModelException(
            "data.scale: the model masks the steps of input %s whose values are all %s, which no scaling may change; scale the others beforehand and set data.scale = none, or data.inputs = [{ columns = ..., scale = none }] for this input alone"
                .formatted(source.signature().inputs().get(i).name(), masked.get(i).getAsDouble()));
      }
    }
  }

  static ModelScaling scaling(StoredNormalizer stored) {
    ModelScaling.Extent extent =
        switch (stored.extent()) {
          case PER_CHANNEL -> ModelScaling.Extent.PER_CHANNEL;
          case ALL_ALIKE -> ModelScaling.Extent.ALL_ALIKE;
        };
    return new ModelScaling(
        "the model's %s (%s)".formatted(StoredNormalizer.ENTRY, stored.kind()),
        extent,
        stored.inputs().stream()
            .map(input -> new ModelScaling.Channels(input.shift(), input.spread()))
            .toList());
  }

  /**
   * The names of classes that go with the model from now on, by its outputs' names: those of the
   * settings, else those that came with it.
   */
  static Map<String, List<String>> classNames(ModelSource source, DataSettings data) {
    Map<String, List<String>> names = new TreeMap<>(source.classNames());
    for (int i = 0; i < data.outputs().size(); i++) {
      ColumnSettings output = data.outputs().get(i);
      if (!output.classNames().isEmpty()) {
        names.put(source.signature().outputs().get(i).name(), output.classNames());
      }
    }
    return names;
  }

  /** What an operator should know of how data and model go together, a sentence each. */
  static List<String> notes(ModelSource source, DataSettings data, PreparedData prepared) {
    List<String> notes = new ArrayList<>();
    boolean own = data.scale() instanceof Scale.FromModel;
    if (source.hasNormalizer() && own) {
      notes.add(
          "inputs are scaled as the model's %s says (%s)"
              .formatted(StoredNormalizer.ENTRY, source.normalizer().orElseThrow().kind()));
    } else if (source.hasNormalizer()) {
      notes.add(
          "the model comes with a scaling of its inputs (%s), which is not applied: data.scale is given, and holds"
              .formatted(StoredNormalizer.ENTRY));
    }
    Map<String, List<String>> names = classNames(source, data);
    for (int i = 0; i < data.outputs().size(); i++) {
      String output = source.signature().outputs().get(i).name();
      List<String> before = source.classNames().getOrDefault(output, List.of());
      List<String> now = names.getOrDefault(output, List.of());
      if (!now.isEmpty()) {
        notes.add("classes of output %s: %s".formatted(output, String.join(", ", now)));
      }
      if (!before.isEmpty() && !before.equals(now)) {
        notes.add(
            "the model's classes of output %s were %s; data.classes names others, and holds"
                .formatted(output, String.join(", ", before)));
      }
    }
    if (!prepared.info().classWeights().isEmpty()) {
      notes.add("weights of the classes: " + prepared.info().classWeights());
    }
    return notes;
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
      case ONE_HOT -> {
        requireOneUnitAClass(output, classes);
        yield ClassForm.ONE_HOT;
      }
      case CLASS_INDEX -> {
        requireOneUnitAClass(output, classes);
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

  private static void requireOneUnitAClass(ModelSignature.Output output, int classes) {
    if (output.units() > 0 && output.units() != classes) {
      throw new ModelException(
          "output %s has %d units, one a class, but classes = %d"
              .formatted(output.name(), output.units(), classes));
    }
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

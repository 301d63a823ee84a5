/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.DataException;
import io.cairn.data.ExampleLayout;
import io.cairn.data.source.LabelledRows;
import io.cairn.data.source.Reading;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSignature;
import io.cairn.scoring.Evaluation;
import io.cairn.scoring.OutputMeaning;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.Settings;
import io.cairn.settings.SourceSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * Measures a trained model on the run's validation data, or on other data with labels, over all
 * executors.
 *
 * <p>Threading: the driver's thread.
 *
 * <p>Failure: {@link LaunchException}, {@link ModelException} or {@link DataException} for an
 * operator's mistake; anything else is the cluster's.
 */
public final class Measurement {

  private final Settings settings;
  private final SparkConf conf;
  private final Audience audience;

  /**
   * What was found.
   *
   * @param model path of the model
   * @param data what it was measured on, for a person
   * @param examples how many
   * @param weight their weights, summed
   * @param outputs the numbers of each output
   */
  public record Report(
      String model, String data, long examples, double weight, List<OutputReport> outputs) {}

  /**
   * The numbers of one output.
   *
   * @param name of the output
   * @param kind what it predicts
   * @param results by name: numbers, lists, and maps of them
   */
  public record OutputReport(String name, OutputMeaning.Kind kind, Map<String, Object> results) {}

  /**
   * Prepares it.
   *
   * @param conf Spark's configuration, from {@link SparkSetup#forScoring}
   */
  public Measurement(Settings settings, SparkConf conf, Audience audience) {
    this.settings = settings;
    this.conf = conf;
    this.audience = audience;
  }

  /** What is read, and which of it. */
  private record Place(
      String setting, SourceSettings source, LabelledRows.Side side, String description) {}

  /**
   * Does it.
   *
   * @param model path of the model; absent: the run's
   * @param data other data; absent: the run's validation data
   */
  public Report run(Optional<String> model, Optional<SourceSettings> data)
      throws IOException, InterruptedException {
    Place place = place(data);
    ModelToScore asked = ModelToScore.of(settings, model, conf);
    TrainedModel trained = asked.read(settings, conf);
    requireLabels(trained);
    audience.tell("measuring " + asked.path() + " on " + place.description());
    try (SparkSession spark = SparkSession.builder().config(conf).getOrCreate();
        Reading reading = Reading.open(spark, place.setting(), place.source())) {
      LabelledRows rows =
          LabelledRows.of(
              reading,
              settings.data(),
              Inspection.kind(trained.source()),
              trained.demand(),
              trained.source().inputWidths(),
              place.side(),
              settings.seed());
      ExampleLayout layout = rows.records().layout();
      ExampleLayout inputs = new ExampleLayout(layout.kind(), layout.inputs());
      List<OutputMeaning> meanings = trained.meanings(inputs);
      requireShapes(meanings, layout);
      Evaluation evaluation =
          new Evaluation(
              trained.supply(spark),
              rows.records(),
              trained.scaling(inputs),
              meanings,
              trained.batch(inputs));
      Evaluation.Counts counts = counted(reading, evaluation, rows, place);
      return report(asked, place, meanings, counts);
    }
  }

  private Place place(Optional<SourceSettings> data) {
    if (data.isPresent()) {
      return new Place("--data", data.get(), LabelledRows.Side.ALL, data.get().name());
    }
    if (settings.data().validation().isPresent()) {
      SourceSettings own = settings.data().validation().get();
      return new Place("data.validation", own, LabelledRows.Side.ALL, own.name());
    }
    SourceSettings train = settings.data().train();
    double fraction =
        settings
            .data()
            .validationFraction()
            .orElseThrow(
                () ->
                    new LaunchException(
                        List.of(
                            "the settings have no validation data (data.validation): name what the model is to be measured on with --data")));
    return new Place(
        "data.train",
        train,
        LabelledRows.Side.HELD_OUT,
        "what data.validation.fraction = %s holds out of %s".formatted(fraction, train.name()));
  }

  private static void requireLabels(TrainedModel model) {
    for (ModelSignature.Output output : model.source().signature().outputs()) {
      if (output.measure() == ModelSignature.Measure.LOSS_ALONE) {
        throw new ModelException(
            "output %s (%s) has labels of a form that only its loss knows; there is no measure for it"
                .formatted(output.name(), output.loss()));
      }
    }
  }

  /** Labels that are values stand for the values of the output, one each. */
  private void requireShapes(List<OutputMeaning> meanings, ExampleLayout layout) {
    for (int i = 0; i < meanings.size(); i++) {
      ColumnSettings columns = settings.data().outputs().get(i);
      int given =
          columns.maxSteps().isPresent()
              ? layout.outputs().get(i).channels()
              : layout.outputs().get(i).shape().stream().reduce(1, Math::multiplyExact);
      int units = Math.max(meanings.get(i).units(), meanings.get(i).classes());
      if (given != units) {
        throw new ModelException(
            "output %s has %d values an example, its labels (%s) have %d"
                .formatted(meanings.get(i).name(), units, layout.outputs().get(i).name(), given));
      }
    }
  }

  private static Evaluation.Counts counted(
      Reading reading, Evaluation evaluation, LabelledRows rows, Place place) {
    Evaluation.Counts counts;
    try {
      counts = evaluation.of(rows.rows());
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof ModelException model) {
          throw model;
        }
      }
      throw reading.failed(place.setting() + ": cannot read " + place.source().description(), e);
    }
    List<String> problems = new ArrayList<>();
    counts.problems().sentences().forEach(it -> problems.add(place.setting() + ": " + it));
    if (problems.isEmpty() && counts.examples() == 0) {
      problems.add("%s: %s has no examples".formatted(place.setting(), place.description()));
    }
    if (problems.isEmpty() && !(counts.weight() > 0)) {
      problems.add(place.setting() + ": the weight (data.weight) of every example is 0");
    }
    if (!problems.isEmpty()) {
      throw new DataException(problems);
    }
    return counts;
  }

  private static Report report(
      ModelToScore model, Place place, List<OutputMeaning> meanings, Evaluation.Counts counts) {
    List<OutputReport> outputs = new ArrayList<>();
    for (int i = 0; i < meanings.size(); i++) {
      outputs.add(
          new OutputReport(meanings.get(i).name(), meanings.get(i).kind(), counts.results(i)));
    }
    return new Report(
        model.path(), place.description(), counts.examples(), counts.weight(), outputs);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.data.DatasetInfo;
import io.cairn.data.ElementKind;
import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.ModelDemand;
import io.cairn.data.Scaling;
import io.cairn.settings.ClassWeights;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import io.cairn.settings.SourceSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Makes {@link PreparedData} from the settings, in steps: open the sources, resolve the columns,
 * survey, check, fit the scaling. Each step collects all problems of the training and the
 * validation data before it gives up, so that the operator sees all of them.
 *
 * <p>Used once.
 *
 * <p>Threading: the driver's thread.
 */
final class Preparation {
  private static final String TRAIN = "data.train";
  private static final String VALIDATION = "data.validation";
  private static final int LEAST_BUCKETS = 1024;
  private static final int BUCKETS_PER_WORKER = 256;
  private static final int MOST_BUCKETS = 1 << 20;

  private final SparkSession spark;
  private final Frames frames;
  private final DataSettings settings;
  private final ElementKind kind;
  private final ModelDemand demand;
  private final int workers;
  private final long seed;
  private final List<String> problems = new ArrayList<>();
  private ReadingWatch watch;

  Preparation(
      SparkSession spark,
      Frames frames,
      DataSettings settings,
      ElementKind kind,
      ModelDemand demand,
      int workers,
      long seed) {
    this.spark = spark;
    this.frames = frames;
    this.settings = settings;
    this.kind = kind;
    this.demand = demand;
    this.workers = workers;
    this.seed = seed;
  }

  PreparedData prepare() {
    try (ReadingWatch reading = ReadingWatch.open(spark.sparkContext())) {
      watch = reading;
      return read();
    }
  }

  private PreparedData read() {
    Optional<SourceTable> train = open(TRAIN, settings.train());
    Optional<SourceTable> validation = settings.validation().flatMap(v -> open(VALIDATION, v));
    stopIfWrong();
    SourceTable table = train.orElseThrow();
    List<FieldColumns> fields = indexed(Layouts.of(table, settings, demand));
    ExampleLayout layout = Layouts.layout(kind, fields, weights());
    Optional<SourceColumn> weight = Layouts.weight(table, settings.weight(), problems);
    Optional<ExampleEncoder> again =
        validation.map(
            v ->
                new ExampleEncoder(
                    layout,
                    Layouts.again(v, fields, problems),
                    Layouts.weight(v, settings.weight(), problems)));
    Scaling fromModel = fromModel(layout);
    stopIfWrong();

    Ownership ownership = new Ownership(seed, settings.validationFraction().orElse(0));
    ExampleEncoder encoder = new ExampleEncoder(layout, fields, weight);
    SurveyPlan plan = new SurveyPlan(layout, ownership, bucketBits(), fitting());
    PartitionSurvey survey = Survey.of(table, encoder, plan);
    check(table, survey);
    Optional<Part> validationPart =
        validation.isPresent()
            ? Optional.of(separate(validation.get(), again.orElseThrow(), layout))
            : heldOut(table, encoder, ownership, survey);
    checkTrain(table, survey);
    stopIfWrong();
    Scaling scaling = scaling(layout, survey, fromModel);
    requireStorable(scaling, fields);
    stopIfWrong();
    DatasetInfo info =
        new DatasetInfo(
            layout,
            scaling,
            classWeights(survey),
            survey.train().total(),
            validationPart.map(Part::examples).orElse(0L));
    return new PreparedData(
        JavaSparkContext.fromSparkContext(spark.sparkContext()),
        info,
        new Part(table, encoder, ownership, Shards.Side.TRAIN, survey.train()),
        validationPart,
        ColumnNotes.of(settings, fields));
  }

  /** The inputs that feed an embedding hold its indices, which must stay what they are. */
  private List<FieldColumns> indexed(List<FieldColumns> fields) {
    List<FieldColumns> found = new ArrayList<>(fields);
    for (int i = 0; i < settings.inputs().size(); i++) {
      OptionalLong indices = demand.indices().get(i);
      Field field = fields.get(i).field();
      if (indices.isPresent() && field.encoding() instanceof Encoding.Values) {
        found.set(i, fields.get(i).withIndices(indices.getAsLong()));
        if (InputScales.changes(settings, i, demand.scaling())) {
          problems.add(
              "data.scale: input '%s' holds indices of the model's embedding, 0 to %d, which no scaling may change; %s"
                  .formatted(
                      field.name(),
                      indices.getAsLong() - 1,
                      "data.scale = none, or data.inputs = [{ columns = ..., scale = none }] for this input alone"));
        }
      }
    }
    return found;
  }

  private Optional<SourceTable> open(String setting, SourceSettings source) {
    try {
      return Optional.of(new SourceTable(spark, frames, watch, setting, source));
    } catch (DataException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }

  private void stopIfWrong() {
    if (!problems.isEmpty()) {
      throw new DataException(problems);
    }
  }

  private int bucketBits() {
    long buckets = Math.max(LEAST_BUCKETS, (long) BUCKETS_PER_WORKER * workers);
    return BucketCounts.bitsFor((int) Math.min(MOST_BUCKETS, buckets));
  }

  private SurveyPlan.Fitting fitting() {
    return InputScales.areFitted(settings)
        ? SurveyPlan.Fitting.STATISTICS
        : SurveyPlan.Fitting.NOTHING;
  }

  private void check(SourceTable table, PartitionSurvey survey) {
    if (survey.rows() == 0) {
      problems.add(table.setting() + ": " + table.source().name() + " is empty");
    }
    for (String sentence : survey.problems().sentences(survey.rows())) {
      problems.add(table.setting() + ": " + sentence);
    }
  }

  /** Counts say something only where every example is sound. */
  private void checkTrain(SourceTable table, PartitionSurvey survey) {
    if (problems.isEmpty() && survey.train().total() > 0 && !(survey.trainWeight() > 0)) {
      problems.add(weightless(table.setting()));
    }
    if (problems.isEmpty() && survey.train().total() < workers) {
      problems.add(
          "%s: %d examples to train on are too few for %d workers"
              .formatted(table.setting(), survey.train().total(), workers));
    }
  }

  private Optional<Part> heldOut(
      SourceTable table, ExampleEncoder encoder, Ownership ownership, PartitionSurvey survey) {
    if (settings.validationFraction().isEmpty()) {
      return Optional.empty();
    }
    if (problems.isEmpty() && survey.heldOut().total() == 0) {
      problems.add(
          "data.validation.fraction = %s holds out none of the %d examples"
              .formatted(settings.validationFraction().getAsDouble(), survey.rows()));
    }
    if (problems.isEmpty() && !(survey.heldOutWeight() > 0)) {
      problems.add(weightless("data.validation.fraction"));
    }
    return Optional.of(new Part(table, encoder, ownership, Shards.Side.HELD_OUT, survey.heldOut()));
  }

  private Part separate(SourceTable table, ExampleEncoder encoder, ExampleLayout layout) {
    Ownership ownership = new Ownership(seed, 0);
    SurveyPlan plan = new SurveyPlan(layout, ownership, bucketBits(), SurveyPlan.Fitting.NOTHING);
    PartitionSurvey survey = Survey.of(table, encoder, plan);
    check(table, survey);
    if (problems.isEmpty() && !(survey.trainWeight() > 0)) {
      problems.add(weightless(table.setting()));
    }
    return new Part(table, encoder, ownership, Shards.Side.TRAIN, survey.train());
  }

  private Scaling fromModel(ExampleLayout layout) {
    return settings.scale() instanceof Scale.FromModel && demand.scaling().isPresent()
        ? demand.scaling().get().of(layout.inputs(), problems)
        : Scaling.none();
  }

  private ExampleLayout.Weights weights() {
    return settings.isWeighted() ? ExampleLayout.Weights.RECORDED : ExampleLayout.Weights.NONE;
  }

  private String weightless(String setting) {
    return "%s: the weight (data.weight = %s) of every example is 0"
        .formatted(setting, settings.weight().orElse(""));
  }

  /** What the weights of each class's examples are multiplied by; empty: nothing. */
  private List<Double> classWeights(PartitionSurvey survey) {
    ClassWeights weights = settings.classWeights();
    if (weights instanceof ClassWeights.Given given) {
      return given.weights();
    }
    if (weights instanceof ClassWeights.Alike) {
      return List.of();
    }
    long[] counts = survey.classes();
    double examples = survey.train().total();
    // A class without examples has nothing to weight.
    return Arrays.stream(counts)
        .mapToObj(count -> count == 0 ? 0.0 : examples / ((double) counts.length * count))
        .toList();
  }

  /** Who scores with the model's file would scale otherwise than the training did. */
  private void requireStorable(Scaling scaling, List<FieldColumns> fields) {
    for (int i = 0; i < settings.inputs().size(); i++) {
      Field field = fields.get(i).field();
      int channels = field.encoding() instanceof Encoding.Values ? field.channels() : 0;
      int input = i;
      int[] wrong =
          IntStream.range(0, channels).filter(c -> !scaling.isStorable(input, c)).toArray();
      if (wrong.length > 0) {
        problems.add(
            "data.scale would multiply %s%s of input '%s' by %.3g, and the normalizer in the model's file can hold 100,000 at most: give the values in other units (a query can multiply them), or data.scale = none"
                .formatted(
                    called(fields.get(i), wrong[0]),
                    wrong.length == 1 ? "" : " (and %d others)".formatted(wrong.length - 1),
                    field.name(),
                    scaling.factor(i, wrong[0])));
      }
    }
  }

  private static String called(FieldColumns field, int channel) {
    return field.columns().size() == field.field().channels()
        ? "column " + field.columns().get(channel).name()
        : "channel " + channel;
  }

  private Scaling scaling(ExampleLayout layout, PartitionSurvey survey, Scaling fromModel) {
    if (InputScales.differ(settings)) {
      return InputScales.each(settings, layout, survey, fromModel);
    }
    Scale scale = settings.scale();
    if (scale instanceof Scale.FromModel) {
      return fromModel;
    }
    if (scale instanceof Scale.Standard) {
      return Scaling.fitted(Scaling.Method.STANDARD, survey.statistics());
    }
    if (scale instanceof Scale.MinMax) {
      return Scaling.fitted(Scaling.Method.MIN_MAX, survey.statistics());
    }
    return scale instanceof Scale.Factor factor ? Scaling.times(factor.factor()) : Scaling.none();
  }
}

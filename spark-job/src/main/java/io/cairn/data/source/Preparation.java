/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.data.DatasetInfo;
import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Scaling;
import io.cairn.settings.ClassWeights;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes {@link PreparedData} of opened data, in steps: survey, check, fit the scaling. Each step
 * collects all problems of the training and the validation data before it gives up, so that the
 * operator sees all of them.
 *
 * <p>Used once. Whatever was dealt is given up if it fails.
 *
 * <p>Threading: the driver's thread.
 */
final class Preparation {
  private static final Logger LOG = LoggerFactory.getLogger(Preparation.class);
  private static final int LEAST_BUCKETS = 1024;
  private static final int BUCKETS_PER_WORKER = 256;
  private static final int MOST_BUCKETS = 1 << 20;

  /** Reads a source for the first time. */
  @FunctionalInterface
  interface FirstReading {
    /** What knows its counts, and deals its records. */
    Dealer of(SourceTable table, ExampleEncoder encoder, SurveyPlan plan);
  }

  private final OpenedData opened;
  private final FirstReading reading;
  private final DataSettings settings;
  private final int workers;
  private final List<String> problems = new ArrayList<>();
  private final List<Dealer> dealers = new ArrayList<>();

  Preparation(OpenedData opened, FirstReading reading) {
    this.opened = opened;
    this.reading = reading;
    this.settings = opened.settings();
    this.workers = opened.workers();
  }

  PreparedData prepare() {
    try {
      return read();
    } catch (Throwable e) { // Scala throws checked exceptions without declaring them
      dealers.forEach(Dealer::close);
      throw e;
    }
  }

  private PreparedData read() {
    ExampleLayout layout = opened.layout();
    Ownership ownership = new Ownership(opened.seed(), settings.validationFraction().orElse(0));
    Dealer train =
        read(
            opened.train(),
            opened.encoder(),
            new SurveyPlan(layout, ownership, bucketBits(), fitting()));
    PartitionSurvey survey = train.survey();
    Optional<Part> validation =
        opened.validation().isPresent() ? Optional.of(separate(layout)) : heldOut(train);
    checkTrain(opened.train(), survey);
    stopIfWrong();
    Scaling scaling = scaling(layout, survey, opened.fromModel());
    requireStorable(scaling, opened.fields());
    stopIfWrong();
    DatasetInfo info =
        new DatasetInfo(
            layout,
            scaling,
            classWeights(survey),
            survey.train().total(),
            validation.map(Part::examples).orElse(0L));
    return new PreparedData(
        JavaSparkContext.fromSparkContext(opened.spark().sparkContext()),
        info,
        new Part(train, Shards.Side.TRAIN),
        validation,
        ColumnNotes.of(settings, opened.fields()));
  }

  private Dealer read(SourceTable table, ExampleEncoder encoder, SurveyPlan plan) {
    long start = System.nanoTime();
    Dealer dealer = reading.of(table, encoder, plan);
    dealers.add(dealer);
    LOG.info(
        "{}: {} examples were read in {} s",
        table.setting(),
        dealer.survey().rows(),
        Duration.ofNanos(System.nanoTime() - start).toMillis() / 1e3);
    check(table, dealer.survey());
    return dealer;
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

  private Optional<Part> heldOut(Dealer train) {
    if (settings.validationFraction().isEmpty()) {
      return Optional.empty();
    }
    PartitionSurvey survey = train.survey();
    if (problems.isEmpty() && survey.heldOut().total() == 0) {
      problems.add(
          "data.validation.fraction = %s holds out none of the %d examples"
              .formatted(settings.validationFraction().getAsDouble(), survey.rows()));
    }
    if (problems.isEmpty() && !(survey.heldOutWeight() > 0)) {
      problems.add(weightless("data.validation.fraction"));
    }
    return Optional.of(new Part(train, Shards.Side.HELD_OUT));
  }

  private Part separate(ExampleLayout layout) {
    SourceTable table = opened.validation().orElseThrow();
    Ownership ownership = new Ownership(opened.seed(), 0);
    Dealer dealer =
        read(
            table,
            opened.validationEncoder().orElseThrow(),
            new SurveyPlan(layout, ownership, bucketBits(), SurveyPlan.Fitting.NOTHING));
    if (problems.isEmpty() && !(dealer.survey().trainWeight() > 0)) {
      problems.add(weightless(table.setting()));
    }
    return new Part(dealer, Shards.Side.TRAIN);
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

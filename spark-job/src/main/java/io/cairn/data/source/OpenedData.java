/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.data.ElementKind;
import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.ModelDemand;
import io.cairn.data.Scaling;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import io.cairn.settings.SourceSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.sql.SparkSession;

/**
 * Data whose columns are found, and of which no more is read than that takes: a row where a column
 * holds arrays, whose length no schema says. So a model that does not fit them can be refused
 * before all of them are read.
 *
 * <p>Opening collects all problems of the training and the validation data before it gives up, and
 * so does reading.
 *
 * <p>Opened and closed by whoever reads, on one thread. As long as it is open, a job that this
 * thread starts ends as soon as a task fails for the data's fault. {@link PreparedData} outlives
 * it.
 *
 * <p>Threading: the driver's thread.
 */
public final class OpenedData implements AutoCloseable {
  private static final String TRAIN = "data.train";
  private static final String VALIDATION = "data.validation";

  private final SparkSession spark;
  private final Frames frames;
  private final DataSettings settings;
  private final int workers;
  private final long seed;
  private final ReadingWatch watch;
  private final List<String> problems = new ArrayList<>();
  private ModelDemand demand;
  private SourceTable train;
  private Optional<SourceTable> validation;
  private List<FieldColumns> fields;
  private ExampleLayout layout;
  private ExampleEncoder encoder;
  private Optional<ExampleEncoder> validationEncoder;
  private Scaling fromModel;

  private OpenedData(
      SparkSession spark, Frames frames, DataSettings settings, int workers, long seed) {
    this.spark = spark;
    this.frames = frames;
    this.settings = settings;
    this.workers = workers;
    this.seed = seed;
    this.watch = ReadingWatch.open(spark.sparkContext());
  }

  /**
   * Opens the sources and finds the columns.
   *
   * @param frames what a program gives, where the settings name data frames
   * @param kind the network's number format
   * @param demand what the model wants, for as many inputs and outputs as the settings have
   * @param workers how many ranks there will be; there must be an example for each
   * @param seed the run's seed
   * @throws DataException naming all that is wrong so far
   */
  public static OpenedData open(
      SparkSession spark,
      Frames frames,
      DataSettings settings,
      ElementKind kind,
      ModelDemand demand,
      int workers,
      long seed) {
    OpenedData opened = sources(spark, frames, settings, workers, seed);
    try {
      opened.layOut(kind, demand);
      return opened;
    } catch (Throwable e) { // Scala throws checked exceptions without declaring them
      opened.close();
      throw e;
    }
  }

  /**
   * Opens the sources alone, for a model that is made after the data's shapes: {@link #shapes}, and
   * then {@link #layOut}, before anything else.
   *
   * @param frames what a program gives, where the settings name data frames
   * @param workers how many ranks there will be; there must be an example for each
   * @param seed the run's seed
   * @throws DataException naming all that is wrong so far
   */
  public static OpenedData sources(
      SparkSession spark, Frames frames, DataSettings settings, int workers, long seed) {
    OpenedData opened = new OpenedData(spark, frames, settings, workers, seed);
    try {
      Optional<SourceTable> table = opened.open(TRAIN, settings.train());
      opened.validation = settings.validation().flatMap(v -> opened.open(VALIDATION, v));
      opened.stopIfWrong();
      opened.train = table.orElseThrow();
      return opened;
    } catch (Throwable e) { // Scala throws checked exceptions without declaring them
      opened.close();
      throw e;
    }
  }

  /**
   * What an example holds, whatever the model wants of it: inputs first.
   *
   * @throws DataException if columns are missing or cannot be trained on, or shapes do not fit
   */
  public List<Field> shapes() {
    ModelDemand any = ModelDemand.usual(settings.inputs().size(), settings.outputs().size());
    return Layouts.of(train, settings, any).stream().map(FieldColumns::field).toList();
  }

  /**
   * Finds the columns as the model wants them.
   *
   * @param kind the network's number format
   * @param wanted what the model wants, for as many inputs and outputs as the settings have
   * @throws DataException naming all that is wrong so far
   */
  public void layOut(ElementKind kind, ModelDemand wanted) {
    demand = wanted;
    fields = indexed(Layouts.of(train, settings, demand));
    layout = Layouts.layout(kind, fields, weights());
    encoder =
        new ExampleEncoder(layout, fields, Layouts.weight(train, settings.weight(), problems));
    validationEncoder =
        validation.map(
            v ->
                new ExampleEncoder(
                    layout,
                    Layouts.again(v, fields, problems),
                    Layouts.weight(v, settings.weight(), problems)));
    fromModel =
        settings.scale() instanceof Scale.FromModel && demand.scaling().isPresent()
            ? demand.scaling().get().of(layout.inputs(), problems)
            : Scaling.none();
    stopIfWrong();
  }

  /** What an example holds. */
  public ExampleLayout layout() {
    return layout;
  }

  /**
   * Reads the data once and counts it. What needs it dealt reads it again.
   *
   * @throws DataException naming all that is wrong with the data
   */
  public PreparedData survey() {
    return new Preparation(this, Dealer::surveyed).prepare();
  }

  /**
   * The same; large data is dealt to the ranks in that reading, because they will need it.
   *
   * @throws DataException naming all that is wrong with the data
   */
  public PreparedData surveyAndDeal() {
    return new Preparation(this, (table, read, plan) -> Dealer.dealt(table, read, plan, workers))
        .prepare();
  }

  /** The same, however small the data is. */
  PreparedData surveyAndDealAnySize() {
    return new Preparation(
            this, (table, read, plan) -> Dealer.countedOnTheWay(table, read, plan, workers))
        .prepare();
  }

  SparkSession spark() {
    return spark;
  }

  DataSettings settings() {
    return settings;
  }

  int workers() {
    return workers;
  }

  long seed() {
    return seed;
  }

  SourceTable train() {
    return train;
  }

  /** Validation data of its own, if there is any. */
  Optional<SourceTable> validation() {
    return validation;
  }

  List<FieldColumns> fields() {
    return fields;
  }

  ExampleEncoder encoder() {
    return encoder;
  }

  /** Of the validation data of its own. */
  Optional<ExampleEncoder> validationEncoder() {
    return validationEncoder;
  }

  /** The scaling that comes with the model, where it is asked for. */
  Scaling fromModel() {
    return fromModel;
  }

  /** The inputs that feed an embedding hold its indices, which must stay what they are. */
  private List<FieldColumns> indexed(List<FieldColumns> columns) {
    List<FieldColumns> found = new ArrayList<>(columns);
    for (int i = 0; i < settings.inputs().size(); i++) {
      OptionalLong indices = demand.indices().get(i);
      Field field = columns.get(i).field();
      if (indices.isPresent() && field.encoding() instanceof Encoding.Values) {
        found.set(i, columns.get(i).withIndices(indices.getAsLong()));
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

  private ExampleLayout.Weights weights() {
    return settings.isWeighted() ? ExampleLayout.Weights.RECORDED : ExampleLayout.Weights.NONE;
  }

  private void stopIfWrong() {
    if (!problems.isEmpty()) {
      throw new DataException(problems);
    }
  }

  @Override
  public void close() {
    watch.close();
  }
}

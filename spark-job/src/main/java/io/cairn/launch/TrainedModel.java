/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.ExampleSample;
import io.cairn.data.Field;
import io.cairn.data.ModelDemand;
import io.cairn.data.Scaling;
import io.cairn.data.source.RowRecords;
import io.cairn.replica.ComputeDevice;
import io.cairn.replica.GraphWishes;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSignature;
import io.cairn.replica.ModelSource;
import io.cairn.replica.OutputValues.OutputSteps;
import io.cairn.scoring.OnInvalid;
import io.cairn.scoring.OutputColumn;
import io.cairn.scoring.OutputMeaning;
import io.cairn.scoring.RowScoring;
import io.cairn.scoring.ScoringModel;
import io.cairn.scoring.ScoringSpec;
import io.cairn.settings.ClassWeights;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.InputForm;
import io.cairn.settings.Scale;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A trained model and what its examples look like: the driver's side of scoring. Everything that
 * does not fit is refused here, before an executor is asked for anything.
 *
 * <p>Made by {@link #read} or {@link #of}; holds the model's archive on the driver and, after the
 * first data frame, a broadcast of it, which Spark drops when nobody holds either any more.
 *
 * <p>Threading: one thread. ND4J binds to the one that made it.
 *
 * <p>Failure: a {@link ModelException} or {@link io.cairn.data.DataException}, for the operator.
 */
public final class TrainedModel {

  private static final int SAMPLE_EXAMPLES = 2;
  private static final int LARGER_SAMPLE_EXAMPLES = 10;
  private static final int MOST_EXAMPLES = 256;

  /** What float32 statistics leave of a factor. */
  private static final double FACTOR_TOLERANCE = 1e-6;

  /** What the arrays of a batch may take, outside the heap. */
  private static final long BATCH_BYTES = 64L << 20;

  private final ModelSource model;
  private final DataSettings data;
  private final ModelDemand demand;
  private final byte[] archive;
  private final String digest;

  private TrainedModel(ModelSource model, DataSettings data) {
    this.model = model;
    this.data = unweighted(data);
    this.demand = Demand.of(model, unscaled(this.data));
    this.archive = model.scoringArchive();
    this.digest = digest(archive);
  }

  /**
   * Reads a model.
   *
   * @param setting what names it, for messages
   * @param path of a DL4J archive or a Keras file, on any file system that Hadoop knows
   * @param data the settings of the data that it was trained on
   * @param graph what a SameDiff or ONNX graph does not say itself
   */
  public static TrainedModel read(
      String setting, String path, Configuration hadoop, DataSettings data, GraphSettings graph)
      throws IOException {
    ComputeDevice.bind(Optional.empty());
    // A trained archive says all itself but for the columns' order; a bare graph needs more.
    GraphWishes wishes = Demand.wishes(path.endsWith(".zip") ? GraphSettings.NONE : graph, data);
    // Parameters come with the file: there are none to be drawn.
    ModelSource model = ModelFile.read(setting, path, hadoop, 0, wishes);
    if (!model.isTrained()) {
      throw new ModelException(
          setting + " = " + path + " is a configuration without parameters, and no trained model");
    }
    return new TrainedModel(model, data);
  }

  /**
   * A model that is in memory.
   *
   * @param name what to call it in messages
   * @param content a DL4J archive or a Keras file
   * @param data the settings of the data that it was trained on
   */
  public static TrainedModel of(String name, byte[] content, DataSettings data) {
    ComputeDevice.bind(Optional.empty());
    GraphWishes wishes = Demand.wishes(GraphSettings.NONE, data);
    return new TrainedModel(ModelSource.read(name, content, 0, wishes), data);
  }

  /**
   * The rows with the model's outputs behind their columns; nothing runs until the result is used.
   *
   * @param rows a data frame, of a batch or a stream
   * @param called what to call it in messages
   * @param columns which columns to add, given what the outputs mean
   * @throws IllegalArgumentException if the rows have a column of an output's name
   */
  public RowScoring.Scored score(
      Dataset<Row> rows,
      String called,
      Function<List<OutputMeaning>, List<OutputColumn>> columns,
      OnInvalid onInvalid)
      throws IOException, InterruptedException {
    RowRecords records =
        RowRecords.of(rows, called, data, Inspection.kind(model), demand, model.inputWidths());
    List<OutputMeaning> meanings = meanings(records.layout());
    return RowScoring.score(
        rows,
        new ScoringSpec(
            supply(rows.sparkSession()),
            records,
            scaling(records.layout()),
            meanings,
            columns.apply(meanings),
            onInvalid,
            batch(records.layout())));
  }

  /** The model on its way to the executors. */
  ScoringModel supply(SparkSession spark) {
    Broadcast<byte[]> broadcast =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(archive);
    return new ScoringModel(digest, broadcast::value);
  }

  /** What the model wants of the data. */
  ModelDemand demand() {
    return demand;
  }

  /** The model itself. */
  ModelSource source() {
    return model;
  }

  /**
   * What the outputs mean, found out by a forward pass over zeros.
   *
   * @throws ModelException if the model does not take such examples
   */
  List<OutputMeaning> meanings(ExampleLayout layout) throws IOException, InterruptedException {
    List<long[]> shapes;
    try (ExampleSample sample = ExampleSample.zeros(SAMPLE_EXAMPLES, layout)) {
      shapes =
          model
              .trials()
              .outputShapes(sample.batch(), "inputs " + Inspection.shapes(layout.inputs()));
    }
    List<OutputMeaning> meanings = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      meanings.add(meaning(i, shapes.get(i)));
    }
    return meanings;
  }

  private OutputMeaning meaning(int number, long[] shape) {
    ModelSignature.Output output = model.signature().outputs().get(number);
    ColumnSettings columns = data.outputs().get(number);
    OutputSteps steps = steps(output, columns);
    if (steps != OutputSteps.NONE && shape.length != 2) {
      throw new ModelException(
          "output %s is a sequence by the settings (max-steps), and in the model an array of shape %s"
              .formatted(output.name(), Arrays.toString(shape)));
    }
    int units =
        Math.toIntExact(
            switch (steps) {
              case NONE -> Arrays.stream(shape).reduce(1, Math::multiplyExact);
              case FIRST -> shape[1];
              case LAST -> shape[0];
            });
    boolean probabilities =
        output.measure() != ModelSignature.Measure.VALUES
            && output.measure() != ModelSignature.Measure.LOSS_ALONE;
    OutputMeaning.Values values =
        probabilities || output.labels() == ModelSignature.Labels.BINARY
            ? OutputMeaning.Values.PROBABILITIES
            : OutputMeaning.Values.ANY;
    OutputMeaning.Kind kind = kind(output, columns, units);
    if (kind == OutputMeaning.Kind.CLASS && columns.classes().orElse(units) != units) {
      throw new ModelException(
          "output %s has %d values, one a class, but classes = %d"
              .formatted(output.name(), units, columns.classes().orElse(0)));
    }
    boolean classes = kind == OutputMeaning.Kind.CLASS || kind == OutputMeaning.Kind.BINARY_CLASS;
    List<String> names =
        columns.classNames().isEmpty()
            ? model.classNames().getOrDefault(output.name(), List.of())
            : columns.classNames();
    return new OutputMeaning(
        output.name(), kind, values, units, classes ? names : List.of(), steps);
  }

  private static OutputMeaning.Kind kind(
      ModelSignature.Output output, ColumnSettings columns, int units) {
    if (columns.classes().isPresent()) {
      return output.labels() == ModelSignature.Labels.BINARY && units == 1
          ? OutputMeaning.Kind.BINARY_CLASS
          : OutputMeaning.Kind.CLASS;
    }
    return output.measure() == ModelSignature.Measure.PROBABILITIES
        ? OutputMeaning.Kind.LABELS
        : OutputMeaning.Kind.NUMBERS;
  }

  private static OutputSteps steps(ModelSignature.Output output, ColumnSettings columns) {
    if (columns.maxSteps().isEmpty()) {
      return OutputSteps.NONE;
    }
    return output.steps() instanceof ModelSignature.Steps.First
        ? OutputSteps.FIRST
        : OutputSteps.LAST;
  }

  /**
   * What is done to the inputs: what was done in training, which the model's archive says. {@code
   * data.scale} is asked only where that says nothing.
   */
  Scaling scaling(ExampleLayout layout) {
    List<Scale> scales =
        data.inputs().stream().map(input -> input.form().scale().orElse(data.scale())).toList();
    boolean none = scales.stream().allMatch(Scale.None.class::isInstance);
    if (model.hasNormalizer() && !none) {
      List<String> problems = new ArrayList<>();
      Scaling scaling =
          Demand.scaling(model.normalizer().orElseThrow()).of(layout.inputs(), problems);
      if (!problems.isEmpty()) {
        throw new ModelException(String.join("; ", problems));
      }
      requireMarksAsTheyAre(scaling, layout);
      requireFactors(scales, scaling, layout);
      return scaling;
    }
    boolean alike = scales.stream().distinct().count() == 1;
    if (alike && scales.get(0) instanceof Scale.Factor factor) {
      return Scaling.times(factor.factor());
    }
    boolean fitted =
        scales.stream()
            .anyMatch(it -> !(it instanceof Scale.None) && !(it instanceof Scale.FromModel));
    if (fitted) {
      throw new ModelException(
          "data.scale asks for a scaling that was fitted in training, and the model's archive holds none (normalizer.bin); score the model.zip of the run, or set data.scale = none for inputs that are scaled already");
    }
    return Scaling.none();
  }

  /** A factor that is given is the one that the archive has, or a mistake. */
  private static void requireFactors(List<Scale> scales, Scaling scaling, ExampleLayout layout) {
    for (int i = 0; i < scales.size(); i++) {
      for (int c = 0; c < scaling.inputs().get(i).channels(); c++) {
        if (scales.get(i) instanceof Scale.Factor given
            && (Math.abs(scaling.factor(i, c) / given.factor() - 1) > FACTOR_TOLERANCE
                || Math.abs(scaling.shift(i, c) * given.factor()) > FACTOR_TOLERANCE)) {
          throw new ModelException(
              "data.scale = %s for input '%s', but the model's normalizer.bin says (x - %s) * %s: leave data.scale out to scale as in training, or set it to none to leave the normalizer out"
                  .formatted(
                      given.factor(),
                      layout.inputs().get(i).name(),
                      scaling.shift(i, c),
                      scaling.factor(i, c)));
        }
      }
    }
  }

  /** Indices and values that mask a step must reach the model as they are. */
  private void requireMarksAsTheyAre(Scaling scaling, ExampleLayout layout) {
    List<OptionalDouble> masked = model.maskedInputs();
    for (int i = 0; i < layout.inputs().size(); i++) {
      Field field = layout.inputs().get(i);
      boolean marks = masked.get(i).isPresent() || demand.indices().get(i).isPresent();
      for (int c = 0; marks && c < scaling.inputs().get(i).channels(); c++) {
        if (field.encoding() instanceof Encoding.Values
            && (scaling.shift(i, c) != 0 || scaling.factor(i, c) != 1)) {
          throw new ModelException(
              "the model's normalizer.bin would change input '%s', which holds indices of an embedding or values that mask a step; data.scale = none leaves it out"
                  .formatted(field.name()));
        }
      }
    }
  }

  /**
   * Examples of a pass: as many as fit in memory by far. A power of two, and the same for the same
   * model and columns, because results of a pass are the same to the bit only where it is as large.
   */
  int batch(ExampleLayout layout) throws IOException, InterruptedException {
    long inputs =
        layout.fields().stream()
            .mapToLong(
                field -> ((long) field.arrayLength() + field.maxSteps()) * layout.kind().bytes())
            .sum();
    long pass =
        (outputBytes(LARGER_SAMPLE_EXAMPLES, layout) - outputBytes(SAMPLE_EXAMPLES, layout))
            / (LARGER_SAMPLE_EXAMPLES - SAMPLE_EXAMPLES);
    long fitting = BATCH_BYTES / Math.max(1, inputs + Math.max(0, pass));
    return (int) Long.highestOneBit(Math.max(1, Math.min(MOST_EXAMPLES, fitting)));
  }

  private long outputBytes(int examples, ExampleLayout layout)
      throws IOException, InterruptedException {
    try (ExampleSample sample = ExampleSample.zeros(examples, layout)) {
      return model.trials().outputBytes(sample.batch());
    }
  }

  /** Weights are of no matter to outputs. */
  private static DataSettings unweighted(DataSettings data) {
    return new DataSettings(
        data.train(),
        data.validation(),
        data.validationFraction(),
        data.inputs(),
        data.outputs(),
        data.scale(),
        Optional.empty(),
        new ClassWeights.Alike());
  }

  /** As far as the model's demand goes: what scaling there is, is looked at by itself. */
  private static DataSettings unscaled(DataSettings data) {
    List<ColumnSettings> inputs =
        data.inputs().stream()
            .map(
                input ->
                    new ColumnSettings(
                        input.columns(),
                        input.shape(),
                        input.maxSteps(),
                        new InputForm(Optional.empty(), input.form().image())))
            .toList();
    return new DataSettings(
        data.train(),
        data.validation(),
        data.validationFraction(),
        inputs,
        data.outputs(),
        new Scale.None());
  }

  private static String digest(byte[] archive) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(archive));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.ExampleSample;
import io.cairn.data.Field;
import io.cairn.data.source.Frames;
import io.cairn.data.source.OpenedData;
import io.cairn.data.source.PreparedData;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.ComputeThreads;
import io.cairn.plan.Estimate;
import io.cairn.replica.ArchiveBytes;
import io.cairn.replica.LayerRow;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSource;
import io.cairn.replica.SelfCheck;
import io.cairn.replica.SelfCheckReport;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.CollectiveSettings;
import io.cairn.settings.Settings;
import io.cairn.settings.StoppingSettings;
import io.cairn.settings.TrainSettings;
import io.cairn.telemetry.StartPhase;
import io.cairn.worker.Validation;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/**
 * All that can be checked before a GPU is claimed: the model read, tried on the shapes of the data,
 * and the data surveyed, in this order, because the data takes longest.
 *
 * <p>Threading: the driver's thread. Its failure is an operator's mistake ({@link ModelException},
 * {@link io.cairn.data.DataException}), or an IOException where a file system fails.
 *
 * @param settings what the operator asked for
 * @param plan the resolved batch plan, as far as it is known before the executors
 * @param model the model the run starts from
 * @param data the surveyed data
 * @param cores that a worker has for micro-batches side by side
 */
public record Inspection(
    Settings settings, AskedPlan plan, ModelSource model, PreparedData data, int cores) {

  private static final int SAMPLE_EXAMPLES = 2;
  private static final int LARGER_SAMPLE_EXAMPLES = 10;
  private static final Duration SELF_CHECK = Duration.ofSeconds(2);

  /**
   * Inspects model and data.
   *
   * @param spark reads the data
   * @param inputs what a program gives
   * @param cores that a worker has for micro-batches side by side
   */
  public static Inspection of(
      SparkSession spark, Settings settings, AskedPlan plan, ProgramInputs inputs, int cores)
      throws IOException, InterruptedException {
    return of(spark, settings, plan, inputs, cores, OpenedData::survey);
  }

  /**
   * The same for a run that follows: large data is dealt in the reading that inspects it. Its data
   * is closed by the caller.
   */
  static Inspection ofRun(
      SparkSession spark, Settings settings, AskedPlan plan, ProgramInputs inputs, int cores)
      throws IOException, InterruptedException {
    return of(spark, settings, plan, inputs, cores, OpenedData::surveyAndDeal);
  }

  private static Inspection of(
      SparkSession spark,
      Settings settings,
      AskedPlan plan,
      ProgramInputs inputs,
      int cores,
      Function<OpenedData, PreparedData> reading)
      throws IOException, InterruptedException {
    if (settings.model().described().isPresent()) {
      return described(spark, settings, plan, inputs, cores, reading);
    }
    ModelSource model = model(spark, settings, plan, inputs);
    StartPhase.MODEL.over();
    return of(spark, settings, plan, model, inputs.frames(), cores, reading);
  }

  /** The model that a run of these settings starts from. */
  static ModelSource model(
      SparkSession spark, Settings settings, AskedPlan plan, ProgramInputs inputs)
      throws IOException {
    if (settings.model().described().isPresent()) {
      try (OpenedData opened =
          OpenedData.sources(
              spark, inputs.frames(), settings.data(), plan.plan().workers(), settings.seed())) {
        return changed(ModelOfSettings.of(settings, opened), settings, plan);
      }
    }
    ModelSource read =
        inputs.model().isPresent()
            ? ModelSource.read(
                "the model given", inputs.model().get(), settings.seed(), Demand.wishes(settings))
            : ModelFile.read(
                "model.source",
                settings.model().source().orElseThrow(),
                spark.sparkContext().hadoopConfiguration(),
                settings.seed(),
                Demand.wishes(settings));
    return changed(read, settings, plan);
  }

  /** The same of a model that has been read. */
  static Inspection of(
      SparkSession spark,
      Settings settings,
      AskedPlan plan,
      ModelSource model,
      Frames frames,
      int cores,
      Function<OpenedData, PreparedData> reading)
      throws IOException, InterruptedException {
    try (OpenedData opened =
        OpenedData.open(
            spark,
            frames,
            settings.data(),
            kind(model),
            Demand.of(model, settings.data()),
            plan.plan().workers(),
            settings.seed())) {
      return surveyed(settings, plan, model, opened, cores, reading);
    }
  }

  /** A model that the settings describe is made when the data's shapes are known. */
  private static Inspection described(
      SparkSession spark,
      Settings settings,
      AskedPlan plan,
      ProgramInputs inputs,
      int cores,
      Function<OpenedData, PreparedData> reading)
      throws IOException, InterruptedException {
    try (OpenedData opened =
        OpenedData.sources(
            spark, inputs.frames(), settings.data(), plan.plan().workers(), settings.seed())) {
      ModelSource model = changed(ModelOfSettings.of(settings, opened), settings, plan);
      StartPhase.MODEL.over();
      opened.layOut(kind(model), Demand.of(model, settings.data()));
      return surveyed(settings, plan, model, opened, cores, reading);
    }
  }

  private static Inspection surveyed(
      Settings settings,
      AskedPlan plan,
      ModelSource model,
      OpenedData opened,
      int cores,
      Function<OpenedData, PreparedData> reading)
      throws IOException, InterruptedException {
    // The shapes tell; the reading may take an hour.
    tryModel(model, opened.layout());
    requireMetric(settings.train().stopping(), model, opened.layout());
    StartPhase.TRIAL.over();
    PreparedData data = reading.apply(opened);
    StartPhase.SURVEY.over();
    Inspection inspection = new Inspection(settings, plan, model, data, cores);
    model.runLasts(inspection.updates(), inspection.epochs());
    return inspection;
  }

  /** The model as the settings want it. */
  private static ModelSource changed(ModelSource read, Settings settings, AskedPlan plan) {
    ModelSource tuned =
        settings
            .model()
            .fineTune()
            .map(fineTune -> read.fineTuned(fineTune, settings.seed()))
            .orElse(read);
    return settings
        .train()
        .updater()
        .map(updater -> tuned.withUpdater(updater, plan.plan()))
        .orElse(tuned);
  }

  /** Updates of the whole run. */
  public long updates() {
    return settings.train().updates().isPresent()
        ? settings.train().updates().getAsLong()
        : plan.plan().updates(settings.train().epochs().getAsInt(), data.info().trainExamples());
  }

  /** Epochs of the whole run; the last one may be cut short. */
  public long epochs() {
    return plan.plan().epochs(updates(), data.info().trainExamples());
  }

  /** How many micro-batches a worker computes side by side. */
  public ComputeThreads threads() {
    return ComputeThreads.of(settings.compute().threads(), cores, plan.until(epochs()));
  }

  /** The same under a plan that has been found. */
  int threads(BatchPlan found) {
    AskedPlan given = new AskedPlan(found, MicroSize.GIVEN);
    return ComputeThreads.of(settings.compute().threads(), cores, given).number();
  }

  /**
   * What the plan costs, which does not depend on its steps but for the threads, whose number is
   * that of the stage with the most; where a probe decides, with micro-batches of one example. The
   * model is tried on two micro-batches of a few examples, from which follows what one of any size
   * takes.
   */
  public Estimate estimate() throws IOException, InterruptedException {
    ExampleLayout layout = data.info().layout();
    long inputBytes =
        layout.fields().stream()
            .mapToLong(
                field -> ((long) field.arrayLength() + field.maxSteps()) * layout.kind().bytes())
            .sum();
    return new Estimate(
        plan.plan().first(),
        new Estimate.ModelSize(
            model.parameterCount(),
            model.gradientCount(),
            model.updaterStateCount(),
            model.bytesPerValue()),
        new Estimate.DataSize(data.info().trainExamples(), layout.recordBytes(), inputBytes),
        Estimate.PassSize.through(
            SAMPLE_EXAMPLES,
            passBytes(SAMPLE_EXAMPLES),
            LARGER_SAMPLE_EXAMPLES,
            passBytes(LARGER_SAMPLE_EXAMPLES)),
        threads().number());
  }

  /**
   * Tries the model's gradients on a few of the training examples, on this machine.
   *
   * @return what was found, for a person; empty where it is not wanted
   * @throws ModelException if a gradient is wrong
   */
  public Optional<String> selfCheck() throws IOException, InterruptedException {
    if (settings.train().selfCheck() == TrainSettings.SelfCheck.OFF) {
      return Optional.empty();
    }
    List<byte[]> records = data.firstTrainRecords(2 * SelfCheck.EXAMPLES);
    try (ExampleSample sample =
        ExampleSample.of(records, data.info().layout(), data.info().scaling())) {
      SelfCheckReport report =
          model
              .trials()
              .selfCheck(
                  sample.batch(), SelfCheck.Allowance.of(SELF_CHECK.toNanos()), SelfCheck.clock());
      if (report.refusal().isPresent()) {
        throw new ModelException(report.refusal().get());
      }
      return Optional.of(report.summary());
    }
  }

  /**
   * Refuses a model that is too large to be handed to a program when it is trained.
   *
   * @throws ModelException if its file may be longer than an array can be
   */
  void requireModelThatFitsIntoAnArray() {
    long bytes =
        Math.multiplyExact(
            Math.addExact(model.parameterCount(), model.updaterStateCount()),
            (long) model.bytesPerValue());
    if (bytes > Integer.MAX_VALUE) {
      throw new ModelException(
          ("the model with its updater has %,d bytes; a program is handed the trained model in"
                  + " memory, and there less than 2 GiB are possible; train it with the command"
                  + " train, which leaves it in the run's directory")
              .formatted(bytes));
    }
  }

  /** The model as every worker reads it. */
  public ArchiveBytes archive() {
    return model.archive(Demand.classNames(model, settings.data()));
  }

  /** Largest norm of the mean gradient: the settings', or else the one the model asks for. */
  public OptionalDouble clipGlobalNorm() {
    OptionalDouble given = settings.train().clipGlobalNorm();
    return given.isPresent() ? given : model.clipGlobalNorm();
  }

  /** What a person should know before training begins. */
  public InspectionNotes notes() {
    return new InspectionNotes(this);
  }

  /** Whether gradient sums are rounded on the way, where they are large enough for it. */
  public boolean roundsGradients() {
    return settings.collective().precision() == CollectiveSettings.Precision.BF16
        && model.bytesPerValue() == Float.BYTES;
  }

  static ElementKind kind(ModelSource model) {
    return switch (model.bytesPerValue()) {
      case Float.BYTES -> ElementKind.FLOAT32;
      case Double.BYTES -> ElementKind.FLOAT64;
      default ->
          throw new ModelException(
              "the model computes with %d bytes a value; float32 (4) and float64 (8) are supported"
                  .formatted(model.bytesPerValue()));
    };
  }

  /** What is watched in validations must be measured there. */
  private static void requireMetric(
      StoppingSettings stopping, ModelSource model, ExampleLayout layout) {
    if (stopping.early().isEmpty()) {
      return;
    }
    String metric = stopping.early().get().metric();
    Set<String> measured = Validation.names(model.signature(), layout.outputs());
    if (!measured.contains(metric)) {
      throw new LaunchException(
          List.of(
              "train.early-stopping.metric = %s: validations of this model measure %s"
                  .formatted(metric, String.join(", ", measured))));
    }
  }

  private static void tryModel(ModelSource model, ExampleLayout layout)
      throws IOException, InterruptedException {
    try (ExampleSample sample = ExampleSample.zeros(SAMPLE_EXAMPLES, layout)) {
      model.trials().check(sample.batch(), describe(layout));
    }
  }

  /** The model's layers, for a person. */
  public List<LayerRow> layers() throws IOException, InterruptedException {
    try (ExampleSample sample = ExampleSample.zeros(SAMPLE_EXAMPLES, data.info().layout())) {
      return model.trials().layers(sample.batch());
    }
  }

  private long passBytes(int examples) throws IOException, InterruptedException {
    try (ExampleSample sample = ExampleSample.zeros(examples, data.info().layout())) {
      return model.trials().passBytes(sample.batch());
    }
  }

  private static String describe(ExampleLayout layout) {
    return "inputs " + shapes(layout.inputs()) + ", outputs " + shapes(layout.outputs());
  }

  static String shapes(List<Field> fields) {
    return fields.stream()
        .map(field -> field.name() + " " + field.arrayShape())
        .collect(Collectors.joining(", "));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.Retention;
import io.cairn.data.ExampleSample;
import io.cairn.data.source.Frames;
import io.cairn.data.source.OpenedData;
import io.cairn.launch.VerificationReport.LayerFindings;
import io.cairn.plan.AskedPlan;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSource;
import io.cairn.replica.SelfCheck;
import io.cairn.replica.SelfCheckReport;
import io.cairn.settings.CheckpointSettings;
import io.cairn.settings.Settings;
import io.cairn.settings.TrainSettings;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunStart;
import io.cairn.worker.BigBatchOrder;
import io.cairn.worker.BigBatchOrder.Rounding;
import io.cairn.worker.BigBatchOrder.Statistics;
import io.cairn.worker.BigBatchReport;
import io.cairn.worker.RunHome;
import io.cairn.worker.TrainSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Tries the promise on an operator's own model, data and plan: makes the first updates as a run
 * would, on all workers, and once more on one worker, each from one batch; compares the states
 * layer by layer; in float64, where rounding hides nothing, and in the model's own number format.
 *
 * <p>Noise such as dropout is left out of both, since it is drawn for each micro-batch. The run
 * lives beside the output, in a directory of its own that is deleted at the end; a run that is in
 * the output is not touched.
 *
 * <p>Used once. Threading: {@link #run} blocks its caller. Failures: as those of {@link Training}.
 */
public final class Verification {

  private static final Duration SELF_CHECK = Duration.ofSeconds(10);

  private final Settings settings;
  private final AskedPlan plan;
  private final SparkSource.Own source;
  private final Audience audience;
  private final StopRequest stop;
  private final String scratch;

  /** While it makes a run's updates, which end by themselves where a stop is asked for. */
  private volatile boolean trains;

  /**
   * Prepares it.
   *
   * @param conf Spark's configuration, from {@link SparkSetup#forTraining}
   * @param audience hears what is being done
   * @param stop ends it when it is asked
   */
  public Verification(
      Settings settings, AskedPlan plan, SparkConf conf, Audience audience, StopRequest stop) {
    this.settings = settings;
    this.plan = plan;
    this.source = new SparkSource.Own(conf);
    this.audience = audience;
    this.stop = stop;
    this.scratch = settings.output().replaceAll("/+$", "") + ".verify-" + UUID.randomUUID();
  }

  /** What a format's updates are made of. */
  private record Subject(Settings settings, Inspection inspection) {
    int bytesPerValue() {
      return inspection.model().bytesPerValue();
    }
  }

  /**
   * Verifies.
   *
   * @param updates how many, at least 1
   */
  public Verified run(int updates) throws IOException, InterruptedException {
    Training.startNd4j();
    audience.tell("plan: " + plan);
    audience.tell("starting Spark on " + source.master());
    try (SparkSession spark = Training.startSpark(source)) {
      stop.whenAsked(() -> stopReading(spark));
      ScratchOutput runs = new ScratchOutput(scratch, spark.sparkContext().hadoopConfiguration());
      try {
        return run(spark, updates);
      } finally {
        runs.delete();
      }
    } catch (RuntimeException | IOException e) {
      if (stop.reason().isPresent()) {
        // Whatever broke, it broke because we were stopping.
        return stopped("any format");
      }
      throw e;
    }
  }

  private void stopReading(SparkSession spark) {
    if (!trains) {
      spark.stop();
    }
  }

  private Verified stopped(String format) {
    return new Verified.Unfinished(format, new Outcome.Resumable(stop.reason().orElseThrow()));
  }

  private Verified run(SparkSession spark, int updates) throws IOException, InterruptedException {
    ModelSource model = Inspection.model(spark, settings, plan, ProgramInputs.none());
    List<String> notes = new ArrayList<>();
    boolean isNoisy = model.isNoisy();
    if (isNoisy) {
      notes.add(
          "noise (dropout, weight noise) is left out: it is drawn for each micro-batch anew, and no two ways to cut a batch draw the same");
    }
    List<Subject> subjects = new ArrayList<>();
    try {
      // First, so that what the settings have wrong is refused, and not taken for float64's fault.
      subjects.add(subject(spark, isNoisy ? model.quiet(model.bytesPerValue()) : model, updates));
      if (subjects.get(0).inspection().roundsGradients()) {
        notes.add(
            "collective.precision = bf16 is not tried: sums travel exactly where a checkpoint is due, which here is after each update");
      }
      if (model.bytesPerValue() != Double.BYTES) {
        float64(spark, model, updates, notes).ifPresent(exact -> subjects.add(0, exact));
      }
      List<VerifiedFormat> formats = new ArrayList<>();
      for (Subject subject : subjects) {
        Optional<Outcome> unfinished = train(spark, subject);
        if (unfinished.isPresent()) {
          return new Verified.Unfinished(name(subject), unfinished.get());
        }
        if (stop.reason().isPresent()) {
          return stopped(name(subject));
        }
        Optional<Subject> float64 =
            Optional.of(subjects.get(0)).filter(first -> !first.equals(subject));
        formats.add(bigBatch(spark, subject, float64));
      }
      LayerFindings layers = layers(subjects.get(0), subjects.get(subjects.size() - 1));
      int largest = Collections.max(made(subjects.get(0).inspection()));
      return new Verified.Compared(
          new VerificationReport(largest, updates, formats, layers, notes));
    } finally {
      subjects.forEach(subject -> subject.inspection().data().close());
    }
  }

  /** Layers and losses of a user's own may be unable to compute in float64. */
  private Optional<Subject> float64(
      SparkSession spark, ModelSource model, int updates, List<String> notes)
      throws IOException, InterruptedException {
    try {
      return Optional.of(subject(spark, model.quiet(Double.BYTES), updates));
    } catch (ModelException e) {
      notes.add("not compared in float64, in which the model cannot compute: " + e.getMessage());
      return Optional.empty();
    }
  }

  private Subject subject(SparkSession spark, ModelSource model, int updates)
      throws IOException, InterruptedException {
    // The run's own settings: its schedules go by the run's length, not by that of the trial.
    Inspection run =
        Inspection.of(
            spark,
            settings,
            plan,
            model,
            Frames.none(),
            WorkerCores.of(spark, source),
            OpenedData::surveyAndDeal);
    Settings own = settings(model, updates);
    return new Subject(own, new Inspection(own, plan, model, run.data(), run.cores()));
  }

  /** The operator's, for a few updates with a checkpoint of each. */
  private Settings settings(ModelSource model, int updates) {
    String format = name(model.bytesPerValue());
    return settings.trial(
        settings.name() + ", verified in " + format,
        settings.train().trial(updates),
        new CheckpointSettings(1, updates + 1, OptionalLong.empty()),
        scratch + "/" + format);
  }

  /** How it ended, if not well. */
  private Optional<Outcome> train(SparkSession spark, Subject subject) throws IOException {
    audience.tell(
        "%s: %d updates by %d workers"
            .formatted(name(subject), subject.inspection().updates(), plan.plan().workers()));
    Outcome outcome;
    trains = true;
    try {
      outcome =
          new Training(subject.settings(), plan, source, ProgramInputs.none(), new Silent(), stop)
              .train(spark, subject.inspection());
    } finally {
      trains = false;
    }
    return outcome instanceof Outcome.Succeeded ? otherWorkers(subject) : Optional.of(outcome);
  }

  /** With fewer executors a run goes on; what it does then was not asked. */
  private Optional<Outcome> otherWorkers(Subject subject) throws IOException {
    int asked = plan.plan().workers();
    return home(subject.settings().output(), 1)
        .directory()
        .status()
        .flatMap(status -> status.last().plan())
        .filter(made -> made.workers() != asked)
        .map(
            made ->
                new Outcome.Resumable(
                    "they were made by %d workers, since there were no executors for %d"
                        .formatted(made.workers(), asked)));
  }

  /**
   * Makes the updates once more on one worker.
   *
   * @param float64 the model in float64, where the subject has another format and there is one
   */
  private VerifiedFormat bigBatch(SparkSession spark, Subject subject, Optional<Subject> float64) {
    Inspection inspection = subject.inspection();
    long updates = inspection.updates();
    audience.tell(
        "%s: the same on one worker, each as one batch of %s"
            .formatted(
                name(subject),
                made(inspection).stream()
                    .map("%,d"::formatted)
                    .collect(Collectors.joining(", then of "))));
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    ArchiveBroadcast archive = ArchiveBroadcast.of(context, inspection.archive());
    ArchiveBroadcast wide =
        float64.isPresent()
            ? ArchiveBroadcast.of(context, float64.get().inspection().archive())
            : archive;
    BigBatchOrder order =
        new BigBatchOrder(
            plan.plan(),
            inspection.model().iteration(),
            inspection.model().epoch(),
            new TrainSpec(
                settings.seed(),
                updates,
                inspection.clipGlobalNorm().orElse(Double.POSITIVE_INFINITY),
                settings.train().onNonFinite(),
                TrainSettings.SelfCheck.OFF),
            inspection.data().info(),
            archive,
            home(subject.settings().output(), updates),
            wide,
            float64.isPresent() ? Rounding.AGAINST_FLOAT64 : Rounding.NOT_MEASURED,
            statistics(inspection.model()).isEmpty()
                ? Statistics.NONE
                : Statistics.OF_MICRO_BATCHES);
    try {
      BigBatchReport found =
          BigBatchJob.run(inspection.data().trainShards(plan.plan().workers()), order);
      return new VerifiedFormat(subject.bytesPerValue(), updates, found);
    } finally {
      archive.destroy();
      if (float64.isPresent()) {
        wide.destroy();
      }
    }
  }

  /** The effective batches that the updates have, in their order. */
  private List<Integer> made(Inspection inspection) {
    return LongStream.range(0, inspection.epochs())
        .mapToObj(epoch -> plan.plan().in(epoch).effective())
        .distinct()
        .toList();
  }

  private RunHome home(String output, long updates) {
    int all = Math.toIntExact(updates + 1);
    return new RunHome(output, source.hadoop(), Retention.of(all, OptionalLong.empty()));
  }

  /**
   * What can be found out about the layers on the driver.
   *
   * @param exact in the format that tells best
   * @param own in the model's own, whose gradient is tried
   */
  private static LayerFindings layers(Subject exact, Subject own)
      throws IOException, InterruptedException {
    Optional<String> dependent = Optional.empty();
    List<byte[]> records = exact.inspection().data().firstTrainRecords(2 * SelfCheck.EXAMPLES);
    if (records.size() > 1) {
      try (ExampleSample sample = sample(exact, records)) {
        ModelSource model = exact.inspection().model();
        dependent = model.trials().firstLayerOfWholeBatches(sample.batch(), statistics(model));
      }
    }
    try (ExampleSample sample =
        sample(own, own.inspection().data().firstTrainRecords(2 * SelfCheck.EXAMPLES))) {
      SelfCheckReport check =
          own.inspection()
              .model()
              .trials()
              .selfCheck(
                  sample.batch(), SelfCheck.Allowance.of(SELF_CHECK.toNanos()), SelfCheck.clock());
      return new LayerFindings(
          statistics(own.inspection().model()), dependent, check.refusedPlace(), check.refusal());
    }
  }

  private static ExampleSample sample(Subject subject, List<byte[]> records) throws IOException {
    return ExampleSample.of(
        records,
        subject.inspection().data().info().layout(),
        subject.inspection().data().info().scaling());
  }

  private static List<String> statistics(ModelSource model) {
    return Stream.concat(model.layersWithStatistics().stream(), model.layersWithCentres().stream())
        .distinct()
        .toList();
  }

  private static String name(Subject subject) {
    return name(subject.bytesPerValue());
  }

  private static String name(int bytesPerValue) {
    return bytesPerValue == Double.BYTES ? "float64" : "float32";
  }

  /** The runs' own words are not what was asked for. */
  private static final class Silent implements Audience {
    @Override
    public void tell(String line) {}

    @Override
    public MetricsSink watch(RunStart run) {
      return MetricsSink.all(List.of());
    }
  }
}

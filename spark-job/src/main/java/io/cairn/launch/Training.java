/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.Retention;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.RunState;
import io.cairn.checkpoint.RunStatus;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.UpdateSizes;
import io.cairn.replica.ComputeDevice;
import io.cairn.replica.HeadStart;
import io.cairn.settings.CheckpointSettings;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsJson;
import io.cairn.settings.StoppingSettings;
import io.cairn.settings.StoppingSettings.EarlyStopping;
import io.cairn.settings.TrackingSettings;
import io.cairn.settings.TrainSettings;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.StartPhase;
import io.cairn.telemetry.TimeLimit;
import io.cairn.ui.RunInSpark;
import io.cairn.worker.CheckpointContext;
import io.cairn.worker.RunHome;
import io.cairn.worker.StopRule;
import io.cairn.worker.TrainSpec;
import io.cairn.worker.WorkerSpec;
import io.cairn.worker.WorkerTask;
import java.io.IOException;
import java.io.InputStream;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run from settings to model, as the driver sees it: look at the output, get a Spark session,
 * inspect model and data, hand over to the supervisor.
 *
 * <p>Nothing is written before the inspection has passed.
 *
 * <p>Used once. Threading: {@link #run} blocks its caller. Failures: what {@link Inspection} and
 * {@link SparkSetup} refuse, before anything is written; after that an {@link Outcome}.
 */
public final class Training {

  private static final Logger LOG = LoggerFactory.getLogger(Training.class);

  private final Settings settings;
  private final AskedPlan plan;
  private final SparkSource source;
  private final ProgramInputs inputs;
  private final Audience audience;
  private final StopRequest stop;
  private volatile boolean inspected;
  private Optional<RunTracking> tracking = Optional.empty();

  /**
   * Prepares a run.
   *
   * @param source whose Spark it uses
   * @param inputs what a program gives beside the settings
   * @param stop ends the run when it is asked
   */
  public Training(
      Settings settings,
      AskedPlan plan,
      SparkSource source,
      ProgramInputs inputs,
      Audience audience,
      StopRequest stop) {
    this.settings = settings;
    this.plan = plan;
    this.source = source;
    this.inputs = inputs;
    this.audience = audience;
    this.stop = stop;
  }

  /**
   * Runs it.
   *
   * @param resume what to do with a run that is in the output already
   * @throws InterruptedException if the calling thread is interrupted while it uses a session that
   *     is not its own; the session is free again
   */
  public Outcome run(ResumeMode resume) throws IOException, InterruptedException {
    String settingsJson = SettingsJson.render(settings, plan.stored());
    RunDirectory directory = output();
    ResumeMode.Decision decision = resume.decide(directory, state(directory, settingsJson));
    if (decision == ResumeMode.Decision.NOTHING_TO_DO) {
      String ended = directory.status().map(RunStatus::reason).orElse("");
      audience.tell(
          "the run in "
              + directory.location()
              + " is finished: nothing to do"
              + (ended.isEmpty() ? "" : " (" + ended + ")"));
      catchUp(directory, settingsJson);
      return new Outcome.NothingToDo();
    }
    audience.tell("plan: " + plan);
    if (source instanceof SparkSource.Given given) {
      return runAsGuest(given.session(), settingsJson, resume);
    }
    audience.tell("starting Spark on " + source.master());
    startNd4j();
    try (SparkSession spark = startSpark(((SparkSource.Own) source))) {
      stop.whenAsked(() -> stopInspecting(spark));
      return trainUntilEnded(spark, settingsJson, resume);
    } catch (InterruptedException e) {
      return stoppedOr(EndedByCluster.whileStarting());
    } catch (RuntimeException | IOException e) {
      if (stop.reason().isPresent()) {
        // Whatever broke, it broke because we were stopping.
        return new Outcome.Resumable(stop.reason().get());
      }
      if (e instanceof RuntimeException fromSpark && EndedByCluster.atStart(fromSpark)) {
        return EndedByCluster.whileStarting();
      }
      throw e;
    }
  }

  /**
   * Tells trackers and listener how the run has ended. To be called once, after {@link #run}, when
   * the run's files are as they will be; it waits for the trackers, but not long.
   */
  public void told(Outcome outcome) {
    tracking.ifPresent(trackers -> trackers.end(outcome));
    audience.ends(new RunEnd(RunTracking.stateOf(outcome), outcome.reason()));
  }

  /** What trackers have not been told yet of a run that is finished. */
  private void catchUp(RunDirectory directory, String settingsJson) throws IOException {
    boolean isTracked =
        !settings.tracking().equals(TrackingSettings.NONE) || !inputs.trackers().isEmpty();
    if (isTracked) {
      long updates = directory.status().map(RunStatus::update).orElse(0L);
      long epochs = directory.status().map(RunStatus::epoch).orElse(0);
      RunStart start =
          new RunStart(settings.name(), directory.location(), settingsJson, updates, epochs);
      track(directory, start).ofFinishedRun();
    }
  }

  private RunTracking track(RunDirectory directory, RunStart start) {
    RunTracking begun =
        new RunTracking(settings, directory, start, inputs.trackers(), audience::tell);
    tracking = Optional.of(begun);
    return begun;
  }

  private Outcome runAsGuest(SparkSession session, String settingsJson, ResumeMode resume)
      throws IOException, InterruptedException {
    try (GuestStay stay = GuestStay.in(session, stop)) {
      stay.require(settings, plan.plan().workers());
      stay.notes().forEach(audience::tell);
      return stay.work(
          () -> train(session, settingsJson, resume, stay::fill), settings.recovery().stopWithin());
    } catch (GuestStay.StoppedException e) {
      return new Outcome.Resumable(e.getMessage());
    }
  }

  /** What is made of an inspection while its session is there. */
  @FunctionalInterface
  public interface Reading<T> {
    /** Reads from it what is wanted. */
    T of(Inspection inspection) throws IOException, InterruptedException;
  }

  /**
   * Inspects settings, model and data, and goes no further.
   *
   * @param reading what is wanted of it
   */
  public <T> T inspect(Reading<T> reading) throws IOException, InterruptedException {
    if (source instanceof SparkSource.Own own) {
      startNd4j();
      try (SparkSession spark = startSpark(own)) {
        return reading.of(Inspection.of(spark, settings, plan, inputs, cores(spark)));
      }
    }
    SparkSession session = ((SparkSource.Given) source).session();
    try (GuestStay stay = GuestStay.in(session, stop)) {
      stay.require(settings, plan.plan().workers());
      return stay.work(
          () -> reading.of(Inspection.of(session, settings, plan, inputs, cores(session))),
          settings.recovery().stopWithin());
    } catch (GuestStay.StoppedException e) {
      throw new LaunchException(List.of(e.getMessage()));
    }
  }

  private int cores(SparkSession spark) {
    return WorkerCores.of(spark, source);
  }

  /** In a process of our own, while Spark starts. */
  static void startNd4j() {
    ComputeDevice.prepareProcess();
    HeadStart.begin();
  }

  /** Scala throws checked exceptions that no Java signature shows. */
  static SparkSession startSpark(SparkSource.Own own) throws InterruptedException {
    return SparkSession.builder().config(own.conf()).getOrCreate();
  }

  private Outcome trainUntilEnded(SparkSession spark, String settingsJson, ResumeMode resume)
      throws IOException {
    try {
      return train(spark, settingsJson, resume, shards -> shards);
    } catch (InterruptedException e) {
      return stoppedOr(EndedByCluster.during(spark.sparkContext(), "model and data were read"));
    } catch (Exception e) {
      // Scala's code throws checked ones, too, that no signature shows.
      if (spark.sparkContext().isStopped() && stop.reason().isEmpty()) {
        LOG.error("Spark is stopped", e);
        return EndedByCluster.during(spark.sparkContext(), "the driver worked with it");
      }
      throw e;
    }
  }

  private Outcome stoppedOr(Outcome otherwise) {
    return stop.reason().<Outcome>map(Outcome.Resumable::new).orElse(otherwise);
  }

  private RunDirectory output() throws IOException {
    try {
      return RunDirectory.open(settings.output(), source.hadoop());
    } catch (UnsupportedFileSystemException e) {
      throw new LaunchException(List.of("output = " + settings.output() + ": " + e.getMessage()));
    }
  }

  private RunState state(RunDirectory directory, String settingsJson) throws IOException {
    try {
      return directory.state(settingsJson);
    } catch (IOException e) {
      AccessRefusal refused = AccessRefusal.in(e).orElseThrow(() -> e);
      throw new LaunchException(
          List.of("output = " + settings.output() + ": access is refused: " + refused.text()));
    }
  }

  /** Later on the supervisor ends the job, and Spark is needed to hear how. */
  private void stopInspecting(SparkSession spark) {
    if (!inspected) {
      spark.stop();
    }
  }

  /** What is done to shards so that each of their tasks has an executor to itself. */
  @FunctionalInterface
  interface Filling {
    /** The same shards, of which an executor is given one. */
    JavaRDD<byte[]> of(JavaRDD<byte[]> shards);
  }

  private Outcome train(SparkSession spark, String settingsJson, ResumeMode resume, Filling filling)
      throws IOException, InterruptedException {
    StartPhase.SESSION.over();
    audience.tell("reading " + settings.model().name() + " and " + settings.data().train().name());
    Inspection inspection = Inspection.ofRun(spark, settings, plan, inputs, cores(spark));
    try {
      if (source instanceof SparkSource.Given) {
        inspection.requireModelThatFitsIntoAnArray();
      }
      inspected = true;
      return train(spark, inspection, settingsJson, resume, filling);
    } finally {
      inspection.data().close();
    }
  }

  private Outcome train(
      SparkSession spark,
      Inspection inspection,
      String settingsJson,
      ResumeMode resume,
      Filling filling)
      throws IOException {
    audience.tell(
        "%,d parameters; %,d examples to train on, %,d to validate with; %,d updates"
            .formatted(
                inspection.model().parameterCount(),
                inspection.data().info().trainExamples(),
                inspection.data().info().validationExamples(),
                inspection.updates()));
    audience.tell(inspection.threads().toString());
    inspection.notes().onBatch().forEach(audience::tell);
    inspection.notes().onModel().forEach(audience::tell);
    inspection.notes().onData().forEach(audience::tell);
    inspection.notes().onStatistics().forEach(audience::tell);
    if (stop.reason().isPresent()) {
      return new Outcome.Resumable(stop.reason().get());
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    ArchiveBroadcast archive = ArchiveBroadcast.of(context, inspection.archive());
    RunDirectory directory = home().directory();
    RunStart start =
        new RunStart(
            settings.name(),
            directory.location(),
            settingsJson,
            inspection.updates(),
            inspection.epochs(),
            Optional.of(new UpdateSizes(plan.plan(), inspection.data().info().trainExamples())),
            limit(directory));
    RunTracking trackers = track(directory, start);
    try (MetricsSink display = audience.watch(start);
        RunInSpark shown = RunInSpark.open(spark.sparkContext(), settings.output(), settingsJson)) {
      return new Supervisor(context, home(), stop, settings.recovery(), Clock.systemUTC())
          .run(
              new Supervisor.Work(
                  settings.name(),
                  settingsJson,
                  resume,
                  new CheckpointFit(
                      settingsJson,
                      plan.until(inspection.epochs()),
                      inspection.data().info().trainExamples(),
                      inspection.updates()),
                  workers -> filling.of(inspection.data().trainShards(workers)),
                  inspection.data()::validationShards,
                  inspection::threads,
                  run -> {
                    trackers.attemptBegins(run);
                    return task(spec(inspection, archive, settingsJson, run));
                  },
                  MetricsSink.all(List.of(display, shown, trackers)),
                  shown::status));
    } finally {
      if (!context.sc().isStopped()) {
        archive.destroy();
      }
    }
  }

  /**
   * Trains what has been inspected, on a session that is there already, in an output that is empty.
   */
  Outcome train(SparkSession spark, Inspection inspection) throws IOException {
    String settingsJson = SettingsJson.render(settings, plan.stored());
    return train(spark, inspection, settingsJson, ResumeMode.NEVER, shards -> shards);
  }

  private static RankTask task(WorkerSpec spec) {
    return (train, validation) -> WorkerTask.run(spec, train, validation);
  }

  private RunHome home() {
    CheckpointSettings checkpoint = settings.checkpoint();
    return new RunHome(
        settings.output(),
        source.hadoop(),
        Retention.of(checkpoint.keep(), checkpoint.keepEvery()));
  }

  /** How long the end of a worker's process may be held up: not at all if it is not ours. */
  private long holdUpMs() {
    return source instanceof SparkSource.Own ? settings.recovery().stopWithin().toMillis() : 0;
  }

  private static StopRule rule(StoppingSettings stopping) {
    Optional<EarlyStopping> early = stopping.early();
    StopRule rule =
        new StopRule(
            stopping.validateEveryUpdates().orElse(StopRule.NONE.validateEveryUpdates()),
            early.map(EarlyStopping::metric).orElse(StopRule.NONE.metric()),
            early.map(EarlyStopping::patience).orElse(StopRule.NONE.patience()),
            early.map(EarlyStopping::minDelta).orElse(StopRule.NONE.minDelta()));
    return stopping.maxTime().map(most -> rule.within(most.toNanos() / 1e6)).orElse(rule);
  }

  /** The limit of the run's time, with what its metrics say that it has trained. */
  private Optional<TimeLimit> limit(RunDirectory directory) throws IOException {
    Optional<Duration> most = settings.train().stopping().maxTime();
    if (most.isEmpty()) {
      return Optional.empty();
    }
    Optional<InputStream> metrics = directory.openMetrics();
    return Optional.of(
        metrics.isPresent()
            ? TimeLimit.of(most.get(), metrics.get())
            : new TimeLimit(most.get(), Duration.ZERO));
  }

  private WorkerSpec spec(
      Inspection inspection, ArchiveBroadcast archive, String settingsJson, ClaimedRun run) {
    TrainSettings train = settings.train();
    return new WorkerSpec(
        new SecureRandom().nextLong(),
        run.plan(),
        new TrainSpec(
            settings.seed(),
            inspection.updates(),
            inspection.clipGlobalNorm().orElse(Double.POSITIVE_INFINITY),
            train.onNonFinite(),
            train.selfCheck(),
            rule(train.stopping())),
        settings.compute().threads().orElse(0),
        settings.collective(),
        inspection.data().info(),
        archive,
        new CheckpointContext(
            home(),
            run.claim().attempt(),
            run.claim().token(),
            run.update(),
            settings.checkpoint().everyUpdates(),
            settingsJson,
            holdUpMs()));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import io.cairn.data.source.Frames;
import io.cairn.launch.Audience;
import io.cairn.launch.Outcome;
import io.cairn.launch.ProgramInputs;
import io.cairn.launch.ResumeMode;
import io.cairn.launch.RunRecord;
import io.cairn.launch.ScratchOutput;
import io.cairn.launch.SparkSource;
import io.cairn.launch.StopRequest;
import io.cairn.launch.Training;
import io.cairn.plan.AskedPlan;
import io.cairn.report.NoRunException;
import io.cairn.report.RunPage;
import io.cairn.settings.Settings;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One training: what is trained, on which data, in which batches, on whose Spark.
 *
 * <pre>{@code
 * TrainingResult result =
 *     TrainingJob.on(spark)
 *         .train(examples)
 *         .features("pixels").label("digit").classes(10)
 *         .model(network)
 *         .workers(2).micro(32).steps(8)
 *         .epochs(5)
 *         .build()
 *         .run();
 * Model trained = result.network();
 * }</pre>
 *
 * <p>The session stays as it is: no setting, property, listener, view or file of this job is left
 * behind but what is in the {@code output} that it was given. Without one the job recovers from
 * lost executors all the same, and nothing is left. One job trains at a time in a process; others
 * wait.
 *
 * <p>The job owns neither session nor data frames nor model. Used once. Threading: {@link #run}
 * blocks its caller; {@link #stop} may come from any thread. Interrupting the caller stops the
 * training after the update under way.
 *
 * <p>Failure: {@link InvalidJobException} with all that is wrong where the user is to act, {@link
 * TrainingFailedException} with the first cause where the run failed, {@link
 * TrainingStoppedException} where somebody stopped it.
 */
public final class TrainingJob {

  private static final Logger LOG = LoggerFactory.getLogger(TrainingJob.class);

  private final Settings settings;
  private final AskedPlan plan;
  private final SparkSource source;
  private final ProgramInputs inputs;
  private final ResumeMode resume;
  private final Audience audience;
  private final StopRequest stop;
  private final Optional<ScratchOutput> scratch;

  /**
   * What the builder, or a command, has resolved.
   *
   * @param scratch where the run lives if nobody has given it a directory; deleted at its end
   */
  TrainingJob(
      Settings settings,
      AskedPlan plan,
      SparkSource source,
      ProgramInputs inputs,
      ResumeMode resume,
      Audience audience,
      StopRequest stop,
      Optional<ScratchOutput> scratch) {
    this.settings = Objects.requireNonNull(settings, "settings");
    this.plan = Objects.requireNonNull(plan, "plan");
    this.source = Objects.requireNonNull(source, "source");
    this.inputs = Objects.requireNonNull(inputs, "inputs");
    this.resume = Objects.requireNonNull(resume, "resume");
    this.audience = Objects.requireNonNull(audience, "audience");
    this.stop = Objects.requireNonNull(stop, "stop");
    this.scratch = Objects.requireNonNull(scratch, "scratch");
  }

  /** A job on a session that is there already, in which nothing has to be set for it. */
  public static TrainingJobBuilder on(SparkSession session) {
    return new TrainingJobBuilder(session);
  }

  /**
   * A job of settings that are resolved, as the commands have them.
   *
   * @param source whose Spark it uses
   * @param stop ends it when it is asked
   */
  public static TrainingJob of(
      Settings settings,
      AskedPlan plan,
      SparkSource source,
      ResumeMode resume,
      Audience audience,
      StopRequest stop) {
    ProgramInputs none = new ProgramInputs(Frames.none(), Optional.empty());
    return new TrainingJob(settings, plan, source, none, resume, audience, stop, Optional.empty());
  }

  /** The settings, as resolved. */
  public Settings settings() {
    return settings;
  }

  /** The batch plan that is asked for. */
  public AskedPlan plan() {
    return plan;
  }

  /**
   * Trains.
   *
   * @return the model and how it came about
   * @throws InvalidJobException if settings, data, model or session are wrong
   * @throws TrainingFailedException if the run failed
   * @throws TrainingStoppedException if somebody stopped it
   * @throws InterruptedException if the calling thread was interrupted; the training has ended
   */
  public TrainingResult run() throws InterruptedException {
    try {
      Outcome outcome = outcomeOf();
      if (outcome instanceof Outcome.Succeeded || outcome instanceof Outcome.NothingToDo) {
        return result(outcome);
      }
      if (outcome instanceof Outcome.Resumable) {
        throw new TrainingStoppedException(outcome.reason());
      }
      if (outcome instanceof Outcome.Invalid) {
        throw new InvalidJobException(outcome.reason().lines().toList());
      }
      throw new TrainingFailedException(outcome.reason(), null);
    } catch (IOException e) {
      throw new TrainingFailedException(String.valueOf(e.getMessage()), e);
    } finally {
      scratch.ifPresent(ScratchOutput::delete);
    }
  }

  private Outcome outcomeOf() throws IOException, InterruptedException {
    try {
      return outcome();
    } catch (InvalidJobException | TrainingFailedException e) {
      throw e;
    } catch (RuntimeException e) {
      Optional<InvalidJobException> invalid = InvalidJobException.of(e);
      if (invalid.isPresent()) {
        throw invalid.get();
      }
      throw new TrainingFailedException(e.toString(), e);
    }
  }

  /**
   * Trains, and says what came of it in one word, for those who make an exit code of it. What is
   * wrong before training begins is thrown as it was found.
   */
  public Outcome outcome() throws IOException, InterruptedException {
    Training training = new Training(settings, plan, source, inputs, audience, stop);
    Outcome outcome = new Outcome.Failed("the driver failed", Optional.empty());
    try {
      outcome = training.run(resume);
      boolean hasNewFiles =
          outcome instanceof Outcome.Succeeded
              || outcome instanceof Outcome.Failed
              || outcome instanceof Outcome.Resumable;
      boolean isPageKept = scratch.isEmpty() || settings.tracking().mlflow().isPresent();
      if (isPageKept && hasNewFiles) {
        writePage();
      }
      return outcome;
    } catch (InterruptedException e) {
      outcome = new Outcome.Resumable("its thread was interrupted");
      throw e;
    } catch (IOException | RuntimeException e) {
      outcome = new Outcome.Failed(String.valueOf(e.getMessage()), Optional.empty());
      throw e;
    } finally {
      training.told(outcome);
    }
  }

  /** A run whose page cannot be written is no worse for it. */
  private void writePage() {
    try {
      RunPage.write(settings.output(), source.hadoop());
    } catch (NoRunException e) {
      LOG.info("no page: {}", e.getMessage()); // it ended before it began
    } catch (IOException | RuntimeException e) {
      LOG.warn("the run's page could not be written", e);
      audience.tell("the run's page could not be written: " + e.getMessage());
    }
  }

  /**
   * Resolves and checks everything that can be without the workers; trains nothing, writes nothing.
   *
   * @throws InvalidJobException if settings, data, model or session are wrong
   */
  public TrainingPlan inspect() throws InterruptedException {
    try {
      return new Training(settings, plan, source, inputs, audience, stop).inspect(TrainingPlan::of);
    } catch (IOException e) {
      throw new TrainingFailedException(String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      Optional<InvalidJobException> invalid = InvalidJobException.of(e);
      if (invalid.isPresent()) {
        throw invalid.get();
      }
      throw e;
    }
  }

  /**
   * Asks the training to stop after the update under way, or at once if there is none yet; {@link
   * #run} then ends with a {@link TrainingStoppedException}.
   *
   * @param reason for a person
   */
  public void stop(String reason) {
    stop.ask(reason);
  }

  private TrainingResult result(Outcome outcome) throws IOException {
    RunRecord record = RunRecord.read(settings.output(), source.hadoop());
    return new TrainingResult(
        outcome,
        plan,
        record.modelZip(),
        record.bestModelZip(),
        record.history(),
        record.validations(),
        record.plans(),
        record.attempts(),
        scratch.isPresent() ? Optional.empty() : Optional.of(settings.output()));
  }
}

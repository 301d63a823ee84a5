/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.FencedException;
import io.cairn.checkpoint.PastAttempt.EndedBy;
import io.cairn.settings.BatchSettings.MicroSize;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a run, from its first claim to its outcome, as a state machine. One step does the
 * work of the present phase and enters the next.
 *
 * <pre>
 *   phase      its work                        what comes of it                     next
 *   CLAIM      takes an attempt's number       it has it                            RESTORE
 *                                              another driver has finished the run  DONE nothing to do
 *   RESTORE    finds the newest checkpoint,    it begins                            ALLOCATE
 *              says that the attempt begins
 *   ALLOCATE   waits for executors             enough are there                     RUN
 *                                              too few are there                    JUDGE
 *   RUN        launches the barrier job,       the attempt has ended                JUDGE
 *              puts the model in place
 *   JUDGE      finds out what that means       completed                            DONE succeeded
 *                                              stopped, too few executors           DONE resumable
 *                                              superseded                           DONE superseded
 *                                              broken, another may do better        BACK_OFF
 *                                              broken, no other would               DONE failed, invalid
 *   BACK_OFF   waits                           the time is up                       CLAIM
 *
 *   from outside                               heard                                next
 *   a stop is asked for                        before every phase but (1)           DONE resumable
 *   the driver's process ends                  the same; written at once            DONE resumable
 *   the cluster ends the application           before every phase but (1)           DONE failed
 *   another driver claims the run              whenever the claim is looked at      DONE superseded
 *   the file system fails                      in RESTORE, ALLOCATE, RUN            JUDGE, as broken
 *                                              in any other                         DONE failed
 *   the file system refuses access             in the first CLAIM, unless the key   DONE invalid
 *                                              has expired: it may never have been
 *                                              right
 *                                              in any other                         DONE resumable
 *   anything else fails                        in any                               DONE failed
 * </pre>
 *
 * <p>(1) RESTORE, DONE, and JUDGE of an attempt that came to an end of its own: completed, stopped
 * or superseded. RESTORE comes all the same because before it the run's status cannot tell of the
 * attempt. An attempt that broke is not judged after a stop was asked for, or after the cluster's
 * end: it broke by that. If both have come, the stop counts.
 *
 * <p>The claim is looked at by CLAIM, when it is not the first, by RUN, and by everything that
 * writes. A run that another driver has is not written to again. What a phase may lead to at all is
 * in {@link RunPhase.Name#next}; any other step is a defect.
 *
 * <p>Made by the supervisor for one run. Threading: one thread takes all steps; {@link
 * #processEnds} may come from any. An error of the file system that ends the run, and whatever
 * nobody has thought of, is thrown, after the status has told of it.
 */
final class RunLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(RunLifecycle.class);

  private final RunEnvironment environment;
  private final StatusKeeper status;
  private final RetryDecision decision;
  private volatile Optional<String> processEnd = Optional.empty();
  private RunPhase phase;

  /**
   * @param status hears of each attempt and of the outcome
   * @param decision knows of no attempt yet
   * @param resume whether a checkpoint may, or must, be gone on from at first
   */
  RunLifecycle(
      RunEnvironment environment, StatusKeeper status, RetryDecision decision, ResumeMode resume) {
    this.environment = environment;
    this.status = status;
    this.decision = decision;
    this.phase = new RunPhase.Claim(Optional.empty(), resume);
  }

  /** Takes all steps. */
  Outcome run() throws IOException {
    while (true) {
      if (phase instanceof RunPhase.Done done) {
        return done.outcome();
      }
      step();
    }
  }

  /** Where the run stands. */
  RunPhase phase() {
    return phase;
  }

  /** Does the work of the present phase and enters the next. */
  void step() throws IOException {
    RunPhase next;
    try {
      next = unlessEnded(work());
      if (!phase.name().next().contains(next.name())) {
        throw new IllegalStateException(next + " cannot follow " + phase);
      }
    } catch (FencedException e) {
      next = new RunPhase.Done(new Outcome.Superseded(e.getMessage()));
    } catch (InterruptedException e) {
      next = endedUnderWay(e);
    } catch (Exception e) {
      // Scala's code throws checked ones, too, that no signature shows.
      Optional<AccessRefusal> refused = AccessRefusal.in(e);
      if (environment.isClusterOver()) {
        next = endedUnderWay(e);
      } else if (refused.isPresent()) {
        LOG.error("access is refused", e);
        next = new RunPhase.Done(stopped().orElseGet(() -> refused(refused.get())));
      } else {
        failed(e);
        throw e;
      }
    }
    enter(next);
  }

  /** The driver's process ends, whatever the run is at, and the status says so now or never. */
  void processEnds() {
    processEnd = Optional.of("the driver's process was ended");
    try {
      status.end(stopped().orElseThrow());
    } catch (IOException e) {
      LOG.error("the run's status could not be written", e);
    }
  }

  private void enter(RunPhase next) throws IOException {
    LOG.debug("{} -> {}", phase.name(), next.name());
    phase = next;
    if (next instanceof RunPhase.Done done) {
      try {
        status.end(done.outcome());
      } catch (IOException e) {
        if (AccessRefusal.in(e).isEmpty()) {
          throw e;
        }
        LOG.error("the run's status could not be written", e);
      }
    }
  }

  /**
   * The rule for stops and for the cluster's end: what takes the place of the next phase, if any.
   */
  private RunPhase unlessEnded(RunPhase next) throws IOException {
    if (next.meanwhile().isEmpty()) {
      return next;
    }
    Optional<Outcome> ended = stopped();
    if (ended.isEmpty() && environment.isClusterOver()) {
      ended = Optional.of(environment.endedByCluster(next.meanwhile().get()));
    }
    if (ended.isEmpty()) {
      return next;
    }
    if (next instanceof RunPhase.Judge judge && judge.end() instanceof AttemptEnd.Broken broken) {
      boolean isStop = ended.get() instanceof Outcome.Resumable;
      status.attemptEnds(broken.verdict().reason(), isStop ? EndedBy.STOP : EndedBy.FAILURE);
    }
    return new RunPhase.Done(ended.get());
  }

  private Optional<Outcome> stopped() {
    return environment.stopAsked().or(() -> processEnd).map(Outcome.Resumable::new);
  }

  /** A key that may not write is refused at the first claim, and would be again. */
  private Outcome refused(AccessRefusal refusal) {
    boolean isFirst = phase instanceof RunPhase.Claim claim && claim.before().isEmpty();
    return isFirst && refusal.why() == AccessRefusal.Why.DENIED
        ? new Outcome.Invalid(refusal.sentence())
        : new Outcome.Resumable(refusal.sentence());
  }

  private RunPhase endedUnderWay(Exception consequence) {
    LOG.error("Spark is stopped", consequence);
    return new RunPhase.Done(
        stopped().orElseGet(() -> environment.endedByCluster("the run was under way")));
  }

  private void failed(Exception error) {
    try {
      enter(
          new RunPhase.Done(
              stopped().orElseGet(() -> new Outcome.Failed(error.toString(), Optional.empty()))));
    } catch (IOException e) {
      error.addSuppressed(e);
    }
  }

  private RunPhase work() throws IOException, InterruptedException {
    try {
      return switch (phase.name()) {
        case CLAIM -> claim((RunPhase.Claim) phase);
        case RESTORE -> restore((RunPhase.Restore) phase);
        case ALLOCATE -> allocate((RunPhase.Allocate) phase);
        case RUN -> run((RunPhase.Run) phase);
        case JUDGE -> judge((RunPhase.Judge) phase);
        case BACK_OFF -> backOff((RunPhase.BackOff) phase);
        case DONE -> throw new IllegalStateException("the run has its outcome: " + phase);
      };
    } catch (FencedException e) {
      throw e;
    } catch (IOException e) {
      AttemptClaim claim = phase.attempt().orElseThrow(() -> e);
      Verdict verdict = Verdict.of(e);
      if (verdict.kind() == Verdict.VerdictKind.RETRY) {
        LOG.error("attempt {} failed on the driver", claim.attempt(), e);
      }
      return new RunPhase.Judge(claim, new AttemptEnd.Broken(verdict));
    }
  }

  private RunPhase claim(RunPhase.Claim at) throws IOException {
    if (at.before().isPresent()) {
      // Else we would take the run from a driver that has claimed it while we waited.
      environment.requireNewest(at.before().get());
    }
    AttemptClaim claim = environment.claim(at.before().map(AttemptClaim::attempt).orElse(0));
    status.claimed(environment.status(claim));
    // Another driver may have come to the end between our first look and our claim.
    return environment.isFinished()
        ? new RunPhase.Done(new Outcome.NothingToDo())
        : new RunPhase.Restore(claim, at.resume());
  }

  private RunPhase restore(RunPhase.Restore at) throws IOException {
    ClaimedRun run = environment.restore(at.claim(), at.resume());
    status.attemptBegins(
        at.claim().attempt(), run.update(), run.epoch(), run.nextPlan().effective());
    decision.begins(run.update());
    return new RunPhase.Allocate(run);
  }

  private RunPhase allocate(RunPhase.Allocate at) throws InterruptedException {
    Allocation allocation = environment.allocate(at.run().plan());
    return allocation instanceof Allocation.Ready ready
        ? new RunPhase.Run(at.run().under(ready.plan()))
        : new RunPhase.Judge(
            at.run().claim(), new AttemptEnd.TooFew(((Allocation.TooFew) allocation).reason()));
  }

  private RunPhase run(RunPhase.Run at) throws IOException, InterruptedException {
    ClaimedRun run = at.run();
    environment.requireNewest(run.claim());
    if (run.plan().microSize() == MicroSize.GIVEN) {
      status.plan(run.nextPlan());
    }
    AttemptEnd end = environment.launch(run);
    if (end instanceof AttemptEnd.Completed) {
      environment.publishModel(run.claim());
    }
    return new RunPhase.Judge(run.claim(), end);
  }

  private RunPhase judge(RunPhase.Judge at) throws IOException {
    if (at.end() instanceof AttemptEnd.Completed completed) {
      return new RunPhase.Done(new Outcome.Succeeded(completed.results(), completed.early()));
    }
    if (at.end() instanceof AttemptEnd.Stopped stopped) {
      return new RunPhase.Done(new Outcome.Resumable(stopped.reason()));
    }
    if (at.end() instanceof AttemptEnd.TooFew missing) {
      return new RunPhase.Done(new Outcome.Resumable(missing.reason()));
    }
    if (at.end() instanceof AttemptEnd.Superseded superseded) {
      return new RunPhase.Done(new Outcome.Superseded(superseded.reason()));
    }
    Verdict verdict = ((AttemptEnd.Broken) at.end()).verdict();
    RetryDecision.Next next =
        decision.after(verdict, status.reachedUpdate(), environment.newestCheckpoint());
    if (next instanceof RetryDecision.Next.End last) {
      status.attemptEnds(
          verdict.reason(),
          last.outcome() instanceof Outcome.Resumable ? EndedBy.STOP : EndedBy.FAILURE);
      return new RunPhase.Done(last.outcome());
    }
    RetryDecision.Next.Again again = (RetryDecision.Next.Again) next;
    Optional<String> leftOut =
        again
            .leaveOut()
            .filter(host -> environment.leaveOut(host, verdict.failure().orElseThrow().executor()));
    status.attemptEnds(
        verdict.reason() + leftOut.map(host -> "; host " + host + " is left out").orElse(""),
        EndedBy.FAILURE);
    LOG.warn(
        "attempt {} ended at update {}: {}; failure {} without progress, the next attempt begins"
            + " in {} ms",
        at.claim().attempt(),
        status.reachedUpdate(),
        verdict.reason(),
        again.failure(),
        again.after().toMillis());
    return new RunPhase.BackOff(at.claim(), again.after());
  }

  private RunPhase backOff(RunPhase.BackOff at) throws InterruptedException {
    environment.pause(at.longest());
    // What this submit began it may go on with, whatever was asked for at first.
    return new RunPhase.Claim(Optional.of(at.claim()), ResumeMode.AUTO);
  }
}

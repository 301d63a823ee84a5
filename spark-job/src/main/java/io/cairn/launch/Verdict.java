/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.NewerCheckpointException;
import io.cairn.data.DataException;
import io.cairn.telemetry.FailureReport;
import io.cairn.telemetry.TaskFailure;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.SparkException;

/**
 * What the failure of an attempt means for the run.
 *
 * <p>Whatever a machine, a process, a disk or the network may have caused is worth another attempt;
 * so is what nobody has thought of, because attempts without progress end soon. What would fail
 * again in the same way is not: settings, data and model that do not fit, an example that no memory
 * takes, a gradient that is not finite, ranks that cannot work together.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param kind whether to try again
 * @param reason the first cause, for a person
 * @param failure the task's failure that it came from, if it came from one
 */
record Verdict(VerdictKind kind, String reason, Optional<TaskFailure> failure) {

  /** What to do. */
  enum VerdictKind {
    /** Another attempt may succeed. */
    RETRY,
    /** Every attempt would fail like this one. */
    FAIL,
    /** Settings, data or model are wrong: not even another submit would help. */
    INVALID,
    /** Every attempt would be refused until a credential is renewed; another submit is not. */
    REFUSED,
    /** A newer attempt, of another driver, has the run. */
    SUPERSEDED
  }

  /** Failures of the network between ranks: what the death of one does to the others. */
  private static final String PEER_FAILURES = "io.cairn.collective.";

  /** The operator's mistakes that only a worker can find. */
  static final Set<String> INVALID =
      Set.of(
          "io.cairn.settings.SettingsException",
          "io.cairn.data.DataException",
          "io.cairn.replica.ModelException");

  /** What a worker finds that is the same in every attempt. */
  static final Set<String> LASTING =
      Set.of(
          "io.cairn.worker.MemoryTooSmallException",
          "io.cairn.worker.NonFiniteGradientException",
          "io.cairn.worker.RendezvousException");

  /** A file that was there when the data were surveyed, and listed. */
  static final String FILE_GONE = "org.apache.spark.SparkFileNotFoundException";

  static final String FENCED = "io.cairn.checkpoint.FencedException";

  /** Whether an exception of this class may be a consequence of another rank's failure. */
  static boolean mayBeConsequence(String errorClass) {
    return errorClass.startsWith(PEER_FAILURES);
  }

  /**
   * Judges a failed barrier job.
   *
   * @param failed what Spark threw
   * @param report what is known of its tasks
   */
  static Verdict of(SparkException failed, FailureReport report) {
    Optional<TaskFailure> cause = report.firstCause();
    if (cause.isEmpty()) {
      return new Verdict(VerdictKind.RETRY, firstLine(failed), cause);
    }
    TaskFailure first = cause.get();
    return switch (first.kind()) {
      case ERROR -> ofError(first);
      case EXECUTOR_LOST -> new Verdict(VerdictKind.RETRY, first.describe(), cause);
      case KILLED, IDLE_LOST -> new Verdict(VerdictKind.RETRY, firstLine(failed), cause);
      case PEER_FAILURE ->
          new Verdict(
              VerdictKind.RETRY,
              first.describe() + " (Spark reported no failure of that peer itself)",
              cause);
    };
  }

  /** Judges a barrier job whose data could not be read. */
  static Verdict of(DataException data) {
    return refused(AccessRefusal.in(data), Optional.empty())
        .orElseGet(() -> new Verdict(VerdictKind.INVALID, data.getMessage(), Optional.empty()));
  }

  /** Judges what the file system did to the driver while an attempt was made. */
  static Verdict of(IOException onDriver) {
    return onDriver instanceof NewerCheckpointException
        ? new Verdict(VerdictKind.INVALID, onDriver.getMessage(), Optional.empty())
        : refused(AccessRefusal.in(onDriver), Optional.empty())
            .orElseGet(() -> new Verdict(VerdictKind.RETRY, onDriver.toString(), Optional.empty()));
  }

  private static Optional<Verdict> refused(
      Optional<AccessRefusal> refusal, Optional<TaskFailure> failure) {
    return refusal.map(access -> new Verdict(VerdictKind.REFUSED, access.sentence(), failure));
  }

  private static Verdict ofError(TaskFailure first) {
    Optional<TaskFailure> cause = Optional.of(first);
    if (INVALID.contains(first.errorClass())) {
      return new Verdict(VerdictKind.INVALID, first.message(), cause);
    }
    if (first.errorClass().equals(FILE_GONE)) {
      String file = first.message().lines().findFirst().orElse("");
      return new Verdict(
          VerdictKind.INVALID, "the data changed since they were read: " + file, cause);
    }
    if (first.errorClass().equals(FENCED)) {
      return new Verdict(VerdictKind.SUPERSEDED, first.message(), cause);
    }
    Optional<Verdict> refused = refused(AccessRefusal.in(first), cause);
    if (refused.isPresent()) {
      return refused.get();
    }
    VerdictKind kind = LASTING.contains(first.errorClass()) ? VerdictKind.FAIL : VerdictKind.RETRY;
    return new Verdict(kind, first.describe(), cause);
  }

  private static String firstLine(SparkException failed) {
    String message = failed.getMessage() == null ? failed.toString() : failed.getMessage();
    return message.lines().findFirst().orElse(message);
  }

  /** The host whose executor was lost, if that is what happened. */
  Optional<String> lostHost() {
    return failure
        .filter(first -> first.kind() == TaskFailure.FailureKind.EXECUTOR_LOST)
        .filter(first -> first.rank().isPresent())
        .map(TaskFailure::host);
  }
}

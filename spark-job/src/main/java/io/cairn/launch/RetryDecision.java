/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.settings.RecoverySettings;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.hadoop.io.retry.RetryPolicies;
import org.apache.hadoop.io.retry.RetryPolicy;

/**
 * Whether, and how soon, an attempt follows one that failed.
 *
 * <p>Progress is what counts: a newer checkpoint, or an update further than any attempt has been.
 * Failures without it are numbered; the number decides the back-off (Hadoop's, exponential with
 * jitter, so that runs which lost the same machine do not come back in step), the host to leave
 * out, and the end.
 *
 * <p>Threading: the supervisor's thread.
 */
final class RetryDecision {

  /** Hadoop's policy doubles it before its first use. */
  private static final long HALF_OF_FIRST_BACK_OFF_MS = 250;

  /** Doubling seven times, the longest is about a minute. */
  private static final int MOST_DOUBLINGS = 7;

  private final RecoverySettings settings;
  private final LongSupplier nanoTime;
  private final RetryPolicy backOff =
      RetryPolicies.exponentialBackoffRetry(
          MOST_DOUBLINGS + 1, HALF_OF_FIRST_BACK_OFF_MS, TimeUnit.MILLISECONDS);
  private long furthestUpdate;
  private long newestCheckpoint;
  private int attempts;
  private int failuresWithoutProgress;
  private long firstOfThemNanos;
  private String host = "";
  private int failuresOfHost;

  /**
   * @param nanoTime a clock that only goes forward
   */
  RetryDecision(RecoverySettings settings, LongSupplier nanoTime) {
    this.settings = settings;
    this.nanoTime = nanoTime;
  }

  /** What follows a failed attempt. */
  sealed interface Next {

    /**
     * Another attempt.
     *
     * @param after the back-off
     * @param failure how many failures without progress this makes
     * @param leaveOut the host that has caused so many of them that it should be left out
     */
    record Again(Duration after, int failure, Optional<String> leaveOut) implements Next {}

    /**
     * The end of the run.
     *
     * @param outcome says why
     */
    record End(Outcome outcome) implements Next {}
  }

  /**
   * Says that an attempt begins.
   *
   * @param checkpointUpdate the update it goes on from, 0 for the beginning
   */
  void begins(long checkpointUpdate) {
    attempts++;
    newestCheckpoint = Math.max(newestCheckpoint, checkpointUpdate);
    // Even where it was listed before: to be where it is again is no progress.
    furthestUpdate = Math.max(furthestUpdate, checkpointUpdate);
  }

  /**
   * Decides after a failure.
   *
   * @param verdict what the failure means
   * @param reachedUpdate the last update that the attempt is known to have done
   * @param checkpointUpdate the newest checkpoint there is now, not verified; 0 for none
   */
  Next after(Verdict verdict, long reachedUpdate, long checkpointUpdate) {
    return switch (verdict.kind()) {
      case INVALID -> new Next.End(new Outcome.Invalid(verdict.reason()));
      case REFUSED -> new Next.End(new Outcome.Resumable(verdict.reason()));
      case SUPERSEDED -> new Next.End(new Outcome.Superseded(verdict.reason()));
      case FAIL -> new Next.End(new Outcome.Failed(verdict.reason(), verdict.failure()));
      case RETRY -> retry(verdict, reachedUpdate, checkpointUpdate);
    };
  }

  private Next retry(Verdict verdict, long reachedUpdate, long checkpointUpdate) {
    if (reachedUpdate > furthestUpdate || checkpointUpdate > newestCheckpoint) {
      failuresWithoutProgress = 0;
      failuresOfHost = 0;
    }
    furthestUpdate = Math.max(furthestUpdate, reachedUpdate);
    newestCheckpoint = Math.max(newestCheckpoint, checkpointUpdate);
    if (failuresWithoutProgress == 0) {
      firstOfThemNanos = nanoTime.getAsLong();
    }
    failuresWithoutProgress++;
    count(verdict.lostHost());
    Optional<String> limit = limit();
    if (limit.isPresent()) {
      return new Next.End(
          new Outcome.Failed(limit.get() + "; the last: " + verdict.reason(), verdict.failure()));
    }
    Optional<String> leaveOut =
        failuresOfHost >= settings.hostFailures() ? Optional.of(host) : Optional.empty();
    return new Next.Again(backOff(), failuresWithoutProgress, leaveOut);
  }

  private void count(Optional<String> lostHost) {
    if (lostHost.isPresent() && lostHost.get().equals(host)) {
      failuresOfHost++;
    } else {
      host = lostHost.orElse("");
      failuresOfHost = lostHost.isPresent() ? 1 : 0;
    }
  }

  private Optional<String> limit() {
    if (failuresWithoutProgress >= settings.maxFailuresWithoutProgress()) {
      return Optional.of(
          "%d attempts in a row failed without progress beyond update %d"
                  .formatted(failuresWithoutProgress, furthestUpdate)
              + " (recovery.max-failures-without-progress)");
    }
    if (attempts >= settings.maxAttempts()) {
      return Optional.of("attempt %d failed (recovery.max-attempts)".formatted(attempts));
    }
    Duration without = Duration.ofNanos(nanoTime.getAsLong() - firstOfThemNanos);
    if (without.compareTo(settings.maxTime()) > 0) {
      return Optional.of(
          "no progress beyond update %d for %d s (recovery.max-time)"
              .formatted(furthestUpdate, without.toSeconds()));
    }
    return Optional.empty();
  }

  private Duration backOff() {
    int doublings = Math.min(failuresWithoutProgress - 1, MOST_DOUBLINGS);
    try {
      return Duration.ofMillis(backOff.shouldRetry(null, doublings, 0, true).delayMillis);
    } catch (Exception e) {
      throw new IllegalStateException("a policy that looks at no exception threw one", e);
    }
  }
}

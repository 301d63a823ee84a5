/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.cairn.checkpoint.PastAttempt.EndedBy;
import io.cairn.json.StrictJson;
import io.cairn.plan.BatchPlan;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The content of {@code STATUS.json}: the state of a run, for schedulers and people, and the list
 * of its attempts.
 *
 * <p>Whether a run is finished is decided by this file. Where an interrupted run goes on is not:
 * the checkpoints decide that.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param state where the run stands
 * @param exitCode the process's exit code; absent while it runs
 * @param update updates applied so far
 * @param epoch epochs begun so far; 0 before the first
 * @param reason why it ended, for a person; empty while all is well and if all updates were made
 * @param name the run's name
 * @param effectiveBatch examples that enter one full update now
 * @param slowRanks sentences about ranks that all others wait for now
 * @param updatedAt when this status was written
 * @param attempts the last attempts, oldest first, the present one last; at least one
 */
public record RunStatus(
    State state,
    OptionalInt exitCode,
    long update,
    int epoch,
    String reason,
    String name,
    int effectiveBatch,
    List<String> slowRanks,
    Instant updatedAt,
    List<PastAttempt> attempts) {

  /** Older attempts are forgotten. */
  static final int MOST_ATTEMPTS = 100;

  /** Where a run stands. */
  public enum State {
    /** An attempt is, or was when its driver died, under way. */
    RUNNING,
    /** All updates are done and the model is in place. */
    SUCCEEDED,
    /** Stopped before the end; the same command goes on. */
    RESUMABLE,
    /** Ended by an error. */
    FAILED
  }

  public RunStatus {
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(exitCode, "exitCode");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(updatedAt, "updatedAt");
    slowRanks = List.copyOf(slowRanks);
    attempts =
        List.copyOf(
            attempts.subList(Math.max(0, attempts.size() - MOST_ATTEMPTS), attempts.size()));
    if (attempts.isEmpty() || update < 0 || epoch < 0) {
      throw new IllegalArgumentException(
          "%d attempts, update %d, epoch %d".formatted(attempts.size(), update, epoch));
    }
  }

  /**
   * The first status of an attempt.
   *
   * @param before the attempts before it
   * @param attempt its number
   * @param update the update it goes on from
   * @param epoch epochs begun by then
   */
  public static RunStatus running(
      String name,
      int effectiveBatch,
      List<PastAttempt> before,
      int attempt,
      long update,
      int epoch,
      Instant now) {
    List<PastAttempt> attempts = new ArrayList<>(before);
    attempts.add(
        new PastAttempt(
            attempt,
            now,
            Optional.empty(),
            update,
            update,
            Optional.empty(),
            OptionalInt.empty(),
            "",
            EndedBy.NOTHING));
    return new RunStatus(
        State.RUNNING,
        OptionalInt.empty(),
        update,
        epoch,
        "",
        name,
        effectiveBatch,
        List.of(),
        now,
        attempts);
  }

  /** The present attempt, or the last one. */
  public PastAttempt last() {
    return attempts.get(attempts.size() - 1);
  }

  /** Number of the present attempt, from 1. */
  public int attempt() {
    return last().number();
  }

  /** This status, further along. */
  public RunStatus at(long newUpdate, int newEpoch, Instant now) {
    return with(newUpdate, newEpoch, now, last().at(newUpdate));
  }

  /**
   * This status, under another plan.
   *
   * @param threads micro-batches that a worker is meant to compute side by side, if that is known
   */
  public RunStatus under(BatchPlan newPlan, OptionalInt threads, Instant now) {
    return new RunStatus(
        state,
        exitCode,
        update,
        epoch,
        reason,
        name,
        newPlan.effective(),
        slowRanks,
        now,
        withLast(last().under(newPlan, threads)));
  }

  /** This status after the present attempt's end, which is not the run's. */
  public RunStatus attemptEnded(String cause, EndedBy by, Instant now) {
    return with(update, epoch, now, last().ended(now, cause, by));
  }

  private RunStatus with(long newUpdate, int newEpoch, Instant now, PastAttempt newLast) {
    List<PastAttempt> story = withLast(newLast);
    return new RunStatus(
        state, exitCode, newUpdate, newEpoch, reason, name, effectiveBatch, slowRanks, now, story);
  }

  /** This status, with what is known of slow ranks. */
  public RunStatus waitingFor(List<String> newSlowRanks, Instant now) {
    return new RunStatus(
        state, exitCode, update, epoch, reason, name, effectiveBatch, newSlowRanks, now, attempts);
  }

  /** This status, ended. */
  public RunStatus ended(State newState, int newExitCode, String newReason, Instant now) {
    return new RunStatus(
        newState,
        OptionalInt.of(newExitCode),
        update,
        epoch,
        newReason,
        name,
        effectiveBatch,
        slowRanks,
        now,
        last().endedAt().isPresent()
            ? attempts
            : withLast(last().ended(now, newReason, endedBy(newState))));
  }

  private static EndedBy endedBy(State state) {
    return switch (state) {
      case RUNNING -> EndedBy.NOTHING;
      case SUCCEEDED -> EndedBy.END;
      case RESUMABLE -> EndedBy.STOP;
      case FAILED -> EndedBy.FAILURE;
    };
  }

  private List<PastAttempt> withLast(PastAttempt changed) {
    List<PastAttempt> story = new ArrayList<>(attempts);
    story.set(story.size() - 1, changed);
    return story;
  }

  /** The text of {@code STATUS.json}. */
  public String toJson() {
    PastAttempt last = last();
    return StrictJson.render(
        new StatusFile(
            state,
            exitCode.isPresent() ? exitCode.getAsInt() : null,
            last.number(),
            update,
            epoch,
            reason,
            name,
            effectiveBatch,
            last.plan().map(BatchPlan::numbers).orElse(null),
            number(last.threads()),
            slowRanks,
            last.startedAt().toString(),
            updatedAt.toString(),
            attempts.stream().map(AttemptOfFile::of).toList()));
  }

  /**
   * Reads {@code STATUS.json}; fields that are missing get their smallest value.
   *
   * @throws IllegalArgumentException if the text is not a status
   */
  public static RunStatus fromJson(String text) {
    StatusFile file = StrictJson.parseAnyVersion(text, StatusFile.class);
    if (file == null || file.state() == null) {
      throw new IllegalArgumentException("not a status: it has no state");
    }
    try {
      return new RunStatus(
          file.state(),
          file.exitCode() == null ? OptionalInt.empty() : OptionalInt.of(file.exitCode()),
          file.update(),
          file.epoch(),
          text(file.reason()),
          text(file.name()),
          file.effectiveBatch(),
          file.slowRanks() == null ? List.of() : file.slowRanks(),
          instant(file.updatedAt()),
          file.story());
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("not a status: " + e.getMessage(), e);
    }
  }

  /**
   * The fields of {@code STATUS.json}, in their order; those of the present attempt stand first.
   */
  private record StatusFile(
      State state,
      Integer exitCode,
      int attempt,
      long update,
      int epoch,
      String reason,
      String name,
      int effectiveBatch,
      @JsonInclude(JsonInclude.Include.NON_NULL) Map<String, Long> plan,
      @JsonInclude(JsonInclude.Include.NON_NULL) Integer threads,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> slowRanks,
      String startedAt,
      String updatedAt,
      List<AttemptOfFile> attempts) {

    /** Its attempts; one that did all if none is told of. */
    List<PastAttempt> story() {
      if (attempts == null || attempts.isEmpty()) {
        int number = Math.max(1, attempt);
        return List.of(
            new AttemptOfFile(null, null, number, startedAt, null, 0, update, "", null).past());
      }
      return attempts.stream().map(AttemptOfFile::past).toList();
    }
  }

  /** The fields of an attempt in {@code STATUS.json}, in their order. */
  private record AttemptOfFile(
      @JsonInclude(JsonInclude.Include.NON_NULL) Map<String, Long> plan,
      @JsonInclude(JsonInclude.Include.NON_NULL) Integer threads,
      int attempt,
      String startedAt,
      String endedAt,
      long fromUpdate,
      long toUpdate,
      String cause,
      @JsonInclude(JsonInclude.Include.NON_NULL) String endedBy) {

    static AttemptOfFile of(PastAttempt attempt) {
      return new AttemptOfFile(
          attempt.plan().map(BatchPlan::numbers).orElse(null),
          number(attempt.threads()),
          attempt.number(),
          attempt.startedAt().toString(),
          attempt.endedAt().map(Instant::toString).orElse(null),
          attempt.fromUpdate(),
          attempt.toUpdate(),
          attempt.cause(),
          attempt.endedBy() == EndedBy.NOTHING ? null : word(attempt.endedBy()));
    }

    private static String word(EndedBy by) {
      return by.name().toLowerCase(Locale.ROOT);
    }

    /** Older files do not say. */
    private EndedBy by() {
      return Stream.of(EndedBy.values())
          .filter(by -> word(by).equals(endedBy))
          .findFirst()
          .orElse(EndedBy.NOTHING);
    }

    PastAttempt past() {
      return new PastAttempt(
          Math.max(1, attempt),
          instant(startedAt),
          Optional.ofNullable(endedAt).map(Instant::parse),
          fromUpdate,
          toUpdate,
          Optional.ofNullable(plan).map(BatchPlan::of),
          threads == null ? OptionalInt.empty() : OptionalInt.of(threads),
          text(cause),
          by());
    }
  }

  private static Integer number(OptionalInt value) {
    return value.isPresent() ? value.getAsInt() : null;
  }

  private static String text(String value) {
    return value == null ? "" : value;
  }

  private static Instant instant(String value) {
    return value == null ? Instant.EPOCH : Instant.parse(value);
  }
}

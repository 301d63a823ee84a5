/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cairn.plan.BatchPlan;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What {@code STATUS.json} says: where a run stands, for schedulers and people, and the story of
 * its attempts.
 *
 * <p>Whether a run is finished is read from it; where it goes on is not: that is the checkpoints'
 * to say.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param state where the run stands
 * @param exitCode the process's exit code; absent while it runs
 * @param update updates applied so far
 * @param epoch epochs begun so far; 0 before the first
 * @param reason why it ended, for a person; empty while all is well
 * @param name the run's name
 * @param effectiveBatch examples that enter one full update
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
    Instant updatedAt,
    List<PastAttempt> attempts) {

  /** Older attempts are forgotten. */
  static final int MOST_ATTEMPTS = 100;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

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
        new PastAttempt(attempt, now, Optional.empty(), update, update, Optional.empty(), ""));
    return new RunStatus(
        State.RUNNING, OptionalInt.empty(), update, epoch, "", name, effectiveBatch, now, attempts);
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

  /** This status, under another plan. */
  public RunStatus under(BatchPlan newPlan, Instant now) {
    return with(update, epoch, now, last().under(newPlan));
  }

  /** This status after the present attempt's end, which is not the run's. */
  public RunStatus attemptEnded(String cause, Instant now) {
    return with(update, epoch, now, last().ended(now, cause));
  }

  private RunStatus with(long newUpdate, int newEpoch, Instant now, PastAttempt newLast) {
    List<PastAttempt> story = withLast(newLast);
    return new RunStatus(
        state, exitCode, newUpdate, newEpoch, reason, name, effectiveBatch, now, story);
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
        now,
        last().endedAt().isPresent() ? attempts : withLast(last().ended(now, newReason)));
  }

  private List<PastAttempt> withLast(PastAttempt changed) {
    List<PastAttempt> story = new ArrayList<>(attempts);
    story.set(story.size() - 1, changed);
    return story;
  }

  /** The text of {@code STATUS.json}. */
  String toJson() {
    ObjectNode node = JSON.createObjectNode();
    node.put("state", state.name());
    node.put("exitCode", exitCode.isPresent() ? exitCode.getAsInt() : null);
    node.put("attempt", attempt());
    node.put("update", update);
    node.put("epoch", epoch);
    node.put("reason", reason);
    node.put("name", name);
    node.put("effectiveBatch", effectiveBatch);
    putPlan(node, last());
    node.put("startedAt", last().startedAt().toString());
    node.put("updatedAt", updatedAt.toString());
    ArrayNode story = node.putArray("attempts");
    for (PastAttempt attempt : attempts) {
      ObjectNode one = story.addObject();
      putPlan(one, attempt);
      one.put("attempt", attempt.number())
          .put("startedAt", attempt.startedAt().toString())
          .put("endedAt", attempt.endedAt().map(Instant::toString).orElse(null))
          .put("fromUpdate", attempt.fromUpdate())
          .put("toUpdate", attempt.toUpdate())
          .put("cause", attempt.cause());
    }
    return node.toPrettyString() + "\n";
  }

  private static void putPlan(ObjectNode node, PastAttempt attempt) {
    if (attempt.plan().isPresent()) {
      attempt.plan().get().numbers().forEach(node.putObject("plan")::put);
    }
  }

  private static Optional<BatchPlan> plan(JsonNode attempt) {
    JsonNode plan = attempt.path("plan");
    return plan.isObject()
        ? Optional.of(
            new BatchPlan(
                plan.path("workers").asInt(),
                plan.path("micro").asInt(),
                plan.path("steps").asInt()))
        : Optional.empty();
  }

  /**
   * Reads {@code STATUS.json}; fields that are missing get their smallest value.
   *
   * @throws IllegalArgumentException if the text is not a status
   */
  static RunStatus fromJson(String text) {
    JsonNode node;
    try {
      node = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
    try {
      JsonNode exitCode = node.path("exitCode");
      return new RunStatus(
          State.valueOf(node.path("state").asText()),
          exitCode.isInt() ? OptionalInt.of(exitCode.asInt()) : OptionalInt.empty(),
          node.path("update").asLong(0),
          node.path("epoch").asInt(0),
          node.path("reason").asText(""),
          node.path("name").asText(""),
          node.path("effectiveBatch").asInt(0),
          instant(node.path("updatedAt")),
          attempts(node));
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("not a status: " + e.getMessage(), e);
    }
  }

  private static List<PastAttempt> attempts(JsonNode status) {
    List<PastAttempt> attempts = new ArrayList<>();
    for (JsonNode node : status.path("attempts")) {
      JsonNode endedAt = node.path("endedAt");
      attempts.add(
          new PastAttempt(
              node.path("attempt").asInt(1),
              instant(node.path("startedAt")),
              endedAt.isTextual() ? Optional.of(instant(endedAt)) : Optional.empty(),
              node.path("fromUpdate").asLong(0),
              node.path("toUpdate").asLong(0),
              plan(node),
              node.path("cause").asText("")));
    }
    if (attempts.isEmpty()) {
      long update = status.path("update").asLong(0);
      attempts.add(
          new PastAttempt(
              status.path("attempt").asInt(1),
              instant(status.path("startedAt")),
              Optional.empty(),
              0,
              update,
              Optional.empty(),
              ""));
    }
    return attempts;
  }

  private static Instant instant(JsonNode node) {
    return Instant.parse(node.asText(Instant.EPOCH.toString()));
  }
}

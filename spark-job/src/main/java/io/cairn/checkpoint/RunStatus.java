/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * What {@code STATUS.json} says: where a run stands, for schedulers and for the next attempt.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param state where the run stands
 * @param exitCode the process's exit code; absent while it runs
 * @param attempt number of this launch of the run, from 1
 * @param update updates applied so far
 * @param epoch epochs begun so far; 0 before the first
 * @param reason why it ended, for a person; empty while all is well
 * @param name the run's name
 * @param effectiveBatch examples that enter one full update
 * @param startedAt when this attempt began
 * @param updatedAt when this status was written
 */
public record RunStatus(
    State state,
    OptionalInt exitCode,
    int attempt,
    long update,
    int epoch,
    String reason,
    String name,
    int effectiveBatch,
    Instant startedAt,
    Instant updatedAt) {

  private static final ObjectMapper JSON = new ObjectMapper();

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
    Objects.requireNonNull(startedAt, "startedAt");
    Objects.requireNonNull(updatedAt, "updatedAt");
    if (attempt < 1 || update < 0 || epoch < 0) {
      throw new IllegalArgumentException(
          "attempt %d, update %d, epoch %d".formatted(attempt, update, epoch));
    }
  }

  /** The first status of an attempt. */
  public static RunStatus running(String name, int effectiveBatch, int attempt, Instant now) {
    return new RunStatus(
        State.RUNNING, OptionalInt.empty(), attempt, 0, 0, "", name, effectiveBatch, now, now);
  }

  /** This status, further along. */
  public RunStatus at(long newUpdate, int newEpoch, Instant now) {
    return new RunStatus(
        state,
        exitCode,
        attempt,
        newUpdate,
        newEpoch,
        reason,
        name,
        effectiveBatch,
        startedAt,
        now);
  }

  /** This status, ended. */
  public RunStatus ended(State newState, int newExitCode, String newReason, Instant now) {
    return new RunStatus(
        newState,
        OptionalInt.of(newExitCode),
        attempt,
        update,
        epoch,
        newReason,
        name,
        effectiveBatch,
        startedAt,
        now);
  }

  /** The text of {@code STATUS.json}. */
  String toJson() {
    ObjectNode node = JSON.createObjectNode();
    node.put("state", state.name());
    node.put("exitCode", exitCode.isPresent() ? exitCode.getAsInt() : null);
    node.put("attempt", attempt);
    node.put("update", update);
    node.put("epoch", epoch);
    node.put("reason", reason);
    node.put("name", name);
    node.put("effectiveBatch", effectiveBatch);
    node.put("startedAt", startedAt.toString());
    node.put("updatedAt", updatedAt.toString());
    return node.toPrettyString() + "\n";
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
          node.path("attempt").asInt(1),
          node.path("update").asLong(0),
          node.path("epoch").asInt(0),
          node.path("reason").asText(""),
          node.path("name").asText(""),
          node.path("effectiveBatch").asInt(0),
          Instant.parse(node.path("startedAt").asText(Instant.EPOCH.toString())),
          Instant.parse(node.path("updatedAt").asText(Instant.EPOCH.toString())));
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("not a status: " + e.getMessage(), e);
    }
  }
}

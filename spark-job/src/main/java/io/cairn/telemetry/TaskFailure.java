/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * One way in which a task of a barrier job ended badly.
 *
 * @param kind what happened
 * @param rank the task's rank; absent if the executor had no rank at work, and where the task dealt
 *     data before the ranks began
 * @param executor Spark's executor id
 * @param host where it ran
 * @param errorClass class of the exception; empty if there was none
 * @param message what Spark or the exception says, for a person
 * @param detail the stack trace; empty if there was none
 * @param atMs when the driver heard of it, milliseconds of the epoch
 */
public record TaskFailure(
    FailureKind kind,
    OptionalInt rank,
    String executor,
    String host,
    String errorClass,
    String message,
    String detail,
    long atMs) {

  /** What happened to a task, from the surest first cause to the surest consequence. */
  public enum FailureKind {
    /** Its process is gone. */
    EXECUTOR_LOST,
    /** It threw an exception of its own. */
    ERROR,
    /** It threw an exception that a peer's failure may have caused. */
    PEER_FAILURE,
    /** Spark stopped it because another task failed. */
    KILLED,
    /** The process of an executor without a rank at work is gone: no rank fails by that. */
    IDLE_LOST
  }

  public TaskFailure {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(rank, "rank");
    Objects.requireNonNull(executor, "executor");
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(errorClass, "errorClass");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(detail, "detail");
  }

  /** For a person: who, where and what. */
  public String describe() {
    String others =
        kind == FailureKind.IDLE_LOST ? "an idle executor" : "a task that deals the data";
    String who = rank.isPresent() ? "rank " + rank.getAsInt() : others;
    return who + " (executor " + executor + " on " + host + "): " + message;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.apache.spark.scheduler.SparkListenerEvent;

/**
 * Something that happened to a run, as Spark's event log keeps it for the history server. It holds
 * the very text that the run's files have, so that there is one format.
 *
 * <p>Threading: immutable.
 */
public final class RunEvent implements SparkListenerEvent {

  /** What a text is. */
  public enum Kind {
    /** {@code settings.json}, when a run begins. */
    SETTINGS,
    /** {@code STATUS.json}. */
    STATUS,
    /** A line of {@code metrics.jsonl}. */
    METRICS
  }

  private final String run;
  private final Kind kind;
  private final String text;

  /**
   * An event.
   *
   * @param run the run's directory
   * @param text of that kind
   */
  @JsonCreator
  public RunEvent(
      @JsonProperty("run") String run,
      @JsonProperty("kind") Kind kind,
      @JsonProperty("text") String text) {
    this.run = run;
    this.kind = kind;
    this.text = text;
  }

  /** The run's directory. */
  @JsonProperty
  public String run() {
    return run;
  }

  /** What the text is. */
  @JsonProperty
  public Kind kind() {
    return kind;
  }

  /** The text. */
  @JsonProperty
  public String text() {
    return text;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import org.apache.spark.util.kvstore.KVIndex;

/**
 * An event in the history server's store, by its place in the log.
 *
 * <p>Threading: written once, then read. The store sets public fields by Jackson.
 */
public final class StoredEvent {

  /** Its place. */
  @KVIndex public long number;

  /** The event's {@link RunEvent#run}. */
  public String run;

  /** The event's {@link RunEvent#kind}. */
  public RunEvent.Kind kind;

  /** The event's {@link RunEvent#text}. */
  public String text;

  /** Made by the store. */
  public StoredEvent() {}

  StoredEvent(long number, RunEvent event) {
    this.number = number;
    this.run = event.run();
    this.kind = event.kind();
    this.text = event.text();
  }

  RunEvent event() {
    return new RunEvent(run, kind, text);
  }
}

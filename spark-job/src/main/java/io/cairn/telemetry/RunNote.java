/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.Objects;

/**
 * A sentence from the workers to the user. The progress display shows it; {@code metrics.jsonl}
 * does not contain it.
 *
 * @param update the update that comes next
 * @param epoch the epoch it belongs to, from 1
 * @param text for a person
 */
public record RunNote(long update, int epoch, String text) {
  public RunNote {
    Objects.requireNonNull(text, "text");
  }
}

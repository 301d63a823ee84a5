/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import io.cairn.settings.BatchSettings.MicroSize;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads the block {@code batch}, in which one number may be the word {@value #AUTO}.
 *
 * <p>Threading: stateless.
 */
final class BatchSection {

  /** What {@code batch.micro} is where a probe decides. */
  static final String AUTO = "auto";

  private static final String MICRO = "batch.micro";

  private BatchSection() {}

  /** The numbers one by one; whether they agree with each other is asked elsewhere. */
  static BatchSettings read(Values values) {
    boolean probed = word(values).filter(AUTO::equals).isPresent();
    return new BatchSettings(
        values.integer("batch.workers", 1),
        probed ? OptionalInt.empty() : micro(values),
        probed ? MicroSize.PROBED : MicroSize.GIVEN,
        values.integer("batch.steps", 1),
        values.integer("batch.effective", 1));
  }

  private static OptionalInt micro(Values values) {
    if (word(values).filter(text -> Values.decimal(text).isEmpty()).isPresent()) {
      values.wrongIfGiven(MICRO, "must be a whole number, or " + AUTO, "");
      return OptionalInt.empty();
    }
    return values.integer(MICRO, 1);
  }

  private static Optional<String> word(Values values) {
    return values.given(MICRO).filter(Findings::isScalar).map(Findings::textOf);
  }
}

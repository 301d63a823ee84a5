/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.io.Serializable;
import java.util.Objects;

/**
 * In which form a field is given to the network. The record of a field always looks the same; the
 * form that the network wants is produced when the arrays are filled.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param steps where the time steps of a sequence stand
 * @param classes what becomes of a class index
 */
public record Handover(StepAxis steps, ClassForm classes) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Where the time steps of a sequence stand in its array. */
  public enum StepAxis {
    /** {@code [examples, channels, steps]}: Deeplearning4j's own order, NCW. */
    LAST,
    /** {@code [examples, steps, channels]}: the order of Keras, NWC. */
    FIRST
  }

  /** What a class index becomes. */
  public enum ClassForm {
    /** A column for each class, 1 in that of the example. */
    ONE_HOT,
    /** One column with the index itself. */
    INDEX
  }

  /** What most networks of Deeplearning4j want. */
  public static final Handover USUAL = new Handover(StepAxis.LAST, ClassForm.ONE_HOT);

  public Handover {
    Objects.requireNonNull(steps, "steps");
    Objects.requireNonNull(classes, "classes");
  }
}

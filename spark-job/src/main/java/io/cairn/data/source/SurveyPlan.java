/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import java.io.Serializable;

/**
 * What a survey has to find out.
 *
 * @param layout of the examples
 * @param ownership where an example belongs
 * @param bucketBits the hash order is counted in {@code 2^bucketBits} equal ranges
 * @param fitting whether the scaling needs statistics
 */
record SurveyPlan(ExampleLayout layout, Ownership ownership, int bucketBits, Fitting fitting)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Whether the scaling needs statistics. */
  enum Fitting {
    STATISTICS,
    NOTHING
  }

  /** Classes of the only output; 0 if that has none, or there are several. */
  int classes() {
    Field last = layout.outputs().get(0);
    boolean one = layout.outputs().size() == 1 && !last.isSequence();
    return one && last.encoding() instanceof Encoding.ClassIndex index ? index.classes() : 0;
  }
}

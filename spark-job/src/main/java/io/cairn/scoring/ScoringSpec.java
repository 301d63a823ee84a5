/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.data.Scaling;
import io.cairn.data.source.RowRecords;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * All that a task needs in order to score rows.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param model scores
 * @param rows how rows become records
 * @param scaling what is done to the inputs
 * @param outputs what the model's outputs mean, in its order
 * @param columns what is added to each row
 * @param onInvalid what becomes of rows that cannot be scored
 * @param batch examples of a pass
 */
public record ScoringSpec(
    ScoringModel model,
    RowRecords rows,
    Scaling scaling,
    List<OutputMeaning> outputs,
    List<OutputColumn> columns,
    OnInvalid onInvalid,
    int batch)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public ScoringSpec {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(rows, "rows");
    Objects.requireNonNull(scaling, "scaling");
    outputs = List.copyOf(outputs);
    columns = List.copyOf(columns);
    Objects.requireNonNull(onInvalid, "onInvalid");
    if (batch < 1) {
      throw new IllegalArgumentException("a batch has at least 1 example, not " + batch);
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.Serializable;
import java.util.List;

/**
 * What is wrong with the rows of a source, and how many rows it has. Merged over tasks.
 *
 * <p>Threading: one thread.
 */
public final class RowProblems implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ProblemCounts counts = new ProblemCounts();
  private long rows;

  /** Nothing yet. */
  public RowProblems() {}

  ProblemCounts counts() {
    rows++;
    return counts;
  }

  /** Adds those of other rows. */
  public void merge(RowProblems later) {
    counts.merge(later.counts);
    rows += later.rows;
  }

  /** Rows that were looked at. */
  public long rows() {
    return rows;
  }

  /** A sentence a problem, columns with the same one together; none if all is well. */
  public List<String> sentences() {
    return counts.sentences(rows);
  }
}

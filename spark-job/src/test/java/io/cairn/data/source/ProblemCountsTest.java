/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.source.ProblemCounts.ProblemKind;
import org.junit.jupiter.api.Test;

/** What is wrong in several parts of a source adds up. */
class ProblemCountsTest {

  private static void examples(ProblemCounts counts, int count, String column, ProblemKind kind) {
    for (int i = 0; i < count; i++) {
      counts.nextExample();
      counts.add(column, kind, "value " + i);
      counts.add(column, kind, "the same example's next value");
    }
  }

  @Test
  void oneProblemInTwoPartsIsCountedInBothAndShownFromTheFirst() {
    ProblemCounts first = new ProblemCounts();
    examples(first, 2, "x", ProblemKind.NULL);
    ProblemCounts second = new ProblemCounts();
    examples(second, 3, "x", ProblemKind.NULL);
    examples(second, 1, "x", ProblemKind.INFINITE);
    examples(second, 4, "y", ProblemKind.NULL);
    first.merge(second);
    assertThat(first.sentences(20))
        .containsExactly(
            "column 'x' is null in 5 of 20 examples: value 0",
            "column 'x' is infinite, or too large for the network's number format, in 1 of 20"
                + " examples: value 0",
            "column 'y' is null in 4 of 20 examples: value 0");
  }

  @Test
  void theFirstValueIsThatOfTheEarlierPart() {
    ProblemCounts first = new ProblemCounts();
    first.nextExample();
    first.add("x", ProblemKind.NOT_A_CLASS, "earlier");
    ProblemCounts second = new ProblemCounts();
    second.nextExample();
    second.add("x", ProblemKind.NOT_A_CLASS, "later");
    first.merge(second);
    assertThat(first.sentences(2))
        .containsExactly("column 'x' holds no class index in 2 of 2 examples: earlier");
  }
}

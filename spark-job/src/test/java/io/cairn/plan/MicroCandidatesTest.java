/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MicroCandidatesTest {

  private static List<Integer> sizes(int workers, int window, long examples) {
    return MicroCandidates.of(new BatchPlan(workers, 1, window), examples, 1).stream()
        .map(BatchPlan::micro)
        .toList();
  }

  @Test
  void aPowerOfTwoIsCutIntoPowersOfTwo() {
    assertThat(sizes(2, 256, 60_000)).containsExactly(1, 2, 4, 8, 16, 32, 64, 128, 256);
  }

  @Test
  void otherWindowsAreCutIntoTheirDivisorsNearest() {
    assertThat(sizes(3, 96, 60_000)).containsExactly(1, 2, 4, 8, 16, 32, 48, 96);
    assertThat(sizes(1, 100, 60_000)).containsExactly(1, 2, 4, 5, 10, 25, 50, 100);
    assertThat(sizes(1, 31, 60_000)).containsExactly(1, 31);
    assertThat(sizes(7, 1, 60_000)).containsExactly(1);
  }

  @Test
  void sizesThatNoShardCanFillAreNotTried() {
    assertThat(sizes(2, 1024, 201)).containsExactly(1, 2, 4, 8, 16, 32, 64, 128);
    assertThat(sizes(4, 8, 1)).containsExactly(1);
  }

  @Property(tries = 300)
  void everyCandidateIsThePlanInOtherMicroBatchesAndTheyGrow(
      @ForAll @IntRange(min = 1, max = 9) int workers,
      @ForAll @IntRange(min = 1, max = 100_000) int window,
      @ForAll @IntRange(min = 1, max = 1_000_000) int examples) {
    BatchPlan asked = new BatchPlan(workers, 1, window);
    List<BatchPlan> candidates = MicroCandidates.of(asked, examples, 1);
    assertThat(candidates.get(0).micro()).isEqualTo(1);
    for (int i = 0; i < candidates.size(); i++) {
      BatchPlan candidate = candidates.get(i);
      assertThat(candidate.workers()).isEqualTo(workers);
      assertThat(candidate.window()).isEqualTo(window);
      assertThat(i == 0 || candidate.micro() > candidates.get(i - 1).micro()).isTrue();
    }
    BatchPlan last = candidates.get(candidates.size() - 1);
    assertThat(last.steps() == 1 || last.micro() >= examples / workers).isTrue();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class EpochOrderTest {

  @Property(tries = 200)
  void everyEpochVisitsEveryExampleOnce(
      @ForAll @IntRange(max = 2000) int examples,
      @ForAll long seed,
      @ForAll @IntRange(max = 100) int rank,
      @ForAll @LongRange(max = 1_000_000) long epoch) {
    assertThat(order(examples, seed, rank, epoch).sorted())
        .containsExactlyElementsOf(IntStream.range(0, examples).boxed().toList());
  }

  @Property(tries = 50)
  void orderDependsOnSeedRankAndEpochAloneNotOnEpochsBefore(
      @ForAll long seed,
      @ForAll @IntRange(max = 8) int rank,
      @ForAll @IntRange(max = 20) int epoch) {
    EpochOrder walked = new EpochOrder(100, seed, rank);
    for (int e = 0; e <= epoch; e++) {
      walked.beginEpoch(e);
    }
    assertThat(IntStream.range(0, 100).map(walked::example))
        .containsExactlyElementsOf(order(100, seed, rank, epoch).boxed().toList());
  }

  @Test
  void seedRankAndEpochEachGiveAnotherOrder() {
    assertThat(
            java.util.stream.Stream.of(
                    order(50, 7, 0, 0), order(50, 8, 0, 0), order(50, 7, 1, 0), order(50, 7, 0, 1))
                .map(o -> o.boxed().toList()))
        .doesNotHaveDuplicates();
  }

  @Test
  void allOrdersOfFourAreAboutEquallyLikely() {
    Map<String, Integer> counts = new HashMap<>();
    EpochOrder order = new EpochOrder(4, 1, 0);
    for (int epoch = 0; epoch < 24_000; epoch++) {
      order.beginEpoch(epoch);
      counts.merge(
          "%d%d%d%d"
              .formatted(order.example(0), order.example(1), order.example(2), order.example(3)),
          1,
          Integer::sum);
    }
    assertThat(counts).hasSize(24);
    // Binomial, mean 1000, standard deviation 31; the seed is fixed, so that this cannot flicker.
    assertThat(counts.values()).allMatch(n -> n > 850 && n < 1150);
  }

  private static IntStream order(int examples, long seed, int rank, long epoch) {
    EpochOrder order = new EpochOrder(examples, seed, rank);
    order.beginEpoch(epoch);
    return IntStream.range(0, examples).map(order::example);
  }
}

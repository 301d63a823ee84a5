/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ExpectedSharesTest {

  @Property(tries = 300)
  void recordsGoToTheRanksWhoseBucketsTheyAreIn(
      @ForAll @IntRange(min = 1, max = 300) int workers,
      @ForAll @IntRange(min = 0, max = 4) int moreBits,
      @ForAll long hash) {
    int bits = BucketCounts.bitsFor(Math.max(2, workers)) + moreBits;
    ExpectedShares shares = new ExpectedShares(bits, workers, ExpectedShares.OF_MANY);
    int bucket = new BucketCounts(bits).bucket(hash);
    int first = shares.firstRank(hash);
    int last = shares.lastRank(hash);
    assertThat(first).isBetween(0, last);
    assertThat(last).isLessThan(workers);
    for (int rank = 0; rank < workers; rank++) {
      boolean isIn = shares.firstBucket(rank) <= bucket && bucket <= shares.lastBucket(rank);
      assertThat(isIn).as("rank %d", rank).isEqualTo(first <= rank && rank <= last);
    }
  }

  @Test
  void manyDifferentRecordsAreServedAndCopiesOfFewAreNot() {
    int workers = 4;
    ExpectedShares shares = new ExpectedShares(10, workers, ExpectedShares.OF_MANY);
    BucketCounts many = new BucketCounts(10);
    new Random(1).longs(200_000).forEach(many::add);
    assertThat(new ShardAssigner(many, workers, "data.train").isServedBy(shares)).isTrue();
    BucketCounts copies = new BucketCounts(10);
    new Random(1)
        .longs(10)
        .forEach(hash -> new Random(hash).longs(5).forEach(x -> copies.add(hash)));
    assertThat(new ShardAssigner(copies, workers, "data.train").isServedBy(shares)).isFalse();
  }
}

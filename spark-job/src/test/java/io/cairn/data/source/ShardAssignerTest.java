/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.DataException;
import io.cairn.plan.ShardRange;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ShardAssignerTest {

  @Property(tries = 300)
  void everyRecordGoesToExactlyOneRankAndRanksHaveTheirIntervals(
      @ForAll @IntRange(min = 1, max = 300) int records,
      @ForAll @IntRange(min = 1, max = 12) int workers,
      @ForAll @IntRange(min = 1, max = 300) int distinct,
      @ForAll @IntRange(min = 1, max = 6) int bits,
      @ForAll long seed) {
    Random random = new Random(seed);
    long[] hashes = random.longs(distinct).toArray();
    BucketCounts counts = new BucketCounts(bits);
    List<KeyedRecord> all = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      long hash = hashes[random.nextInt(distinct)];
      counts.add(hash);
      all.add(new KeyedRecord(0, hash, ByteBuffer.allocate(4).putInt(i).array()));
    }
    all.sort(new KeyedRecord.Order());
    ShardAssigner deal = new ShardAssigner(counts, workers, "data.train");
    List<byte[]> dealt = new ArrayList<>();
    for (int rank = 0; rank < workers; rank++) {
      List<byte[]> owned = owned(deal, rank, all);
      assertThat(owned).hasSize((int) new ShardRange(rank, workers, records).size());
      dealt.addAll(owned);
    }
    assertThat(dealt).containsExactlyElementsOf(all.stream().map(KeyedRecord::record).toList());
  }

  @Test
  void orderIsByUnsignedHashThenByContent() {
    List<KeyedRecord> placed =
        new ArrayList<>(
            List.of(
                new KeyedRecord(0, -1, new byte[] {0}),
                new KeyedRecord(0, 1, new byte[] {(byte) 200}),
                new KeyedRecord(0, 1, new byte[] {3}),
                new KeyedRecord(0, 0, new byte[] {9})));
    Collections.sort(placed, new KeyedRecord.Order());
    assertThat(placed.stream().map(p -> p.record()[0]))
        .containsExactly((byte) 9, (byte) 3, (byte) 200, (byte) 0);
  }

  @Test
  void dataThatChangedBetweenThePassesIsNoticed() {
    BucketCounts counts = new BucketCounts(1);
    counts.add(0);
    counts.add(-1);
    ShardAssigner deal = new ShardAssigner(counts, 1, "data.train");
    KeyedRecord one = new KeyedRecord(0, 0, new byte[] {1});
    KeyedRecord other = new KeyedRecord(0, -1, new byte[] {2});
    assertThatThrownBy(() -> drain(deal.owned(0, List.of(one).iterator(), deal)))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "data.train: the data changed while it was read: there are fewer examples than in the"
                + " first pass");
    assertThatThrownBy(() -> drain(deal.owned(0, List.of(one, one).iterator(), deal)))
        .as("as many as in the first pass")
        .isInstanceOf(DataException.class)
        .hasMessage(
            "data.train: the data changed while it was read: other examples are there than in the"
                + " first pass");
    assertThatThrownBy(() -> drain(deal.owned(0, List.of(one, other, other).iterator(), deal)))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "data.train: the data changed while it was read: there are more examples than in the"
                + " first pass");
    BucketCounts half = new BucketCounts(1);
    half.add(0);
    assertThatThrownBy(() -> new ShardAssigner(half, 1, "data.train").firstRank(-1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("an example appeared that was not there in the first pass");
  }

  @Test
  void changeInWhatBelongsToANeighbourIsNoticedToo() {
    int bits = 10;
    int rank = 1;
    BucketCounts counts = new BucketCounts(bits);
    List<KeyedRecord> all = new ArrayList<>();
    new Random(1)
        .longs(20_000)
        .forEach(
            hash -> {
              counts.add(hash);
              all.add(new KeyedRecord(0, hash, new byte[] {1}));
            });
    all.sort(new KeyedRecord.Order());
    ShardAssigner deal = new ShardAssigner(counts, 4, "data.train");
    ExpectedShares by = new ExpectedShares(bits, 4, ExpectedShares.OF_FEW);
    assertThat(deal.isServedBy(by)).isTrue();
    List<KeyedRecord> sent =
        all.stream()
            .filter(it -> by.firstRank(it.hash()) <= rank && rank <= by.lastRank(it.hash()))
            .toList();
    assertThat(drain(deal.owned(rank, sent.iterator(), by))).hasSize(5000);
    int last = sent.size() - 1;
    KeyedRecord ofThePrevious = sent.get(0);
    KeyedRecord ofTheNext = sent.get(last);
    assertThat(deal.lastRank(ofThePrevious.hash())).isZero();
    assertThat(deal.firstRank(ofTheNext.hash())).isEqualTo(2);
    List<KeyedRecord> moved = new ArrayList<>(sent.subList(1, sent.size()));
    moved.add(ofTheNext);
    List<KeyedRecord> more = new ArrayList<>(sent);
    more.add(ofTheNext);
    for (List<KeyedRecord> changed :
        List.of(sent.subList(0, last), sent.subList(1, sent.size()), more, moved)) {
      assertThatThrownBy(() -> drain(deal.owned(rank, changed.iterator(), by)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("the data changed while it was read");
    }
  }

  private static List<byte[]> owned(ShardAssigner deal, int rank, List<KeyedRecord> all) {
    List<KeyedRecord> sent =
        all.stream()
            .filter(p -> deal.firstRank(p.hash()) <= rank && rank <= deal.lastRank(p.hash()))
            .toList();
    return drain(deal.owned(rank, sent.iterator(), deal));
  }

  private static List<byte[]> drain(java.util.Iterator<byte[]> records) {
    List<byte[]> drained = new ArrayList<>();
    records.forEachRemaining(drained::add);
    return drained;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;

class RetentionTest {

  @Property(tries = 300)
  void newestStayAndNothingElseWithoutKeepEvery(
      @ForAll @NotEmpty Set<@LongRange(min = 1, max = 10_000) Long> updates,
      @ForAll @IntRange(min = 1, max = 5) int keep) {
    SortedSet<Long> survivors = new Retention(keep, 0).survivors(updates);
    assertThat(survivors)
        .hasSize(Math.min(keep, updates.size()))
        .contains(new TreeSet<>(updates).last());
    TreeSet<Long> gone = new TreeSet<>(updates);
    gone.removeAll(survivors);
    assertThat(gone).allMatch(update -> update < survivors.first());
  }

  @Property(tries = 300)
  void firstOfEveryIntervalStaysHoweverOftenOthersAreDeleted(
      @ForAll @NotEmpty Set<@LongRange(min = 1, max = 10_000) Long> updates,
      @ForAll @IntRange(min = 1, max = 3) int keep,
      @ForAll @LongRange(min = 1, max = 3_000) long keepEvery) {
    Retention retention = new Retention(keep, keepEvery);
    TreeSet<Long> firsts = new TreeSet<>();
    TreeSet<Long> saved = new TreeSet<>();
    TreeSet<Long> kept = new TreeSet<>();
    for (long update : new TreeSet<>(updates)) {
      if (update >= keepEvery
          && (firsts.isEmpty() || firsts.last() / keepEvery < update / keepEvery)) {
        firsts.add(update);
      }
      saved.add(update);
      kept.add(update);
      kept.retainAll(retention.survivors(kept));
    }
    TreeSet<Long> expected = new TreeSet<>(firsts);
    saved.descendingSet().stream().limit(keep).forEach(expected::add);
    assertThat(kept).isEqualTo(expected);
  }

  @Test
  void keepsAtLeastOne() {
    assertThatThrownBy(() -> new Retention(0, 0)).hasMessageContaining("keep must be at least 1");
    assertThat(new Retention(1, 0).survivors(List.of())).isEmpty();
  }
}

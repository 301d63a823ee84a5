/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.Precision;
import io.cairn.data.ExampleLayout;
import io.cairn.replica.WindowSums.Squares;
import io.cairn.telemetry.RankLoad;
import io.cairn.telemetry.RankLoad.Since;
import io.cairn.worker.UpdateSums.Passes;
import io.cairn.worker.UpdateSums.Share;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class UpdateSumsTest {

  private final UpdateSums sums = new UpdateSums(5, Float.BYTES, 2, ExampleLayout.Weights.NONE);

  /** What the all-reduce would make of two ranks' tails. */
  private ByteBuffer reduced(long digest0, long digest1) {
    return reduced(digest0, digest1, List.of(ControlVotes.NONE, ControlVotes.NONE));
  }

  private ByteBuffer reduced(long digest0, long digest1, List<ControlVotes> votes) {
    ByteBuffer total = buffer();
    for (int rank = 0; rank < 2; rank++) {
      ByteBuffer own = buffer();
      long digest = rank == 0 ? digest0 : digest1;
      Passes passes = rank == 0 ? Passes.DONE : Passes.OUT_OF_MEMORY;
      sums.contribute(
          own,
          rank,
          new Share(
              1.5,
              0,
              (1L << 24) + 1,
              digest,
              new Squares(0.25, 1L << 40),
              new RankLoad(rank + 1, 10, 1L << 33, new Since(7, 8, 9, 20L * rank)),
              passes,
              votes.get(rank)));
      int doubles = sums.layout(Precision.EXACT).offsetBytes(1);
      for (int i = doubles; i < sums.layout(Precision.EXACT).offsetBytes(2); i += 8) {
        total.putDouble(i, total.getDouble(i) + own.getDouble(i));
      }
      for (int i = sums.layout(Precision.EXACT).offsetBytes(2); i < total.capacity(); i += 8) {
        total.putLong(i, total.getLong(i) + own.getLong(i));
      }
    }
    return total;
  }

  private ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(sums.layout(Precision.EXACT).sizeBytes())
        .order(ByteOrder.nativeOrder());
  }

  @Test
  void theTailFollowsTheGradientAtTheNextEightBytes() {
    assertThat(sums.layout(Precision.EXACT).offsetBytes(1)).isEqualTo(24);
    assertThat(sums.layout(Precision.EXACT).sizeBytes())
        .isEqualTo(24 + UpdateSums.tailBytes(2, ExampleLayout.Weights.NONE));
  }

  @Test
  void countsBeyondFloat32AreExact() {
    assertThat(sums.totals(reduced(-1, -1)).examples()).isEqualTo((1L << 25) + 2);
    assertThat(sums.totals(reduced(-1, -1)).lossSum()).isEqualTo(3.0);
  }

  @Test
  void squaresAreAddedAndLoadsStayApart() {
    assertThat(sums.totals(reduced(-1, -1)).squares()).isEqualTo(new Squares(0.5, 1L << 41));
    assertThat(sums.loads(reduced(-1, -1)))
        .containsExactly(
            new RankLoad(1, 10, 1L << 33, new Since(7, 8, 9, 0)),
            new RankLoad(2, 10, 1L << 33, new Since(7, 8, 9, 20)));
  }

  @Test
  void wishesOfAnyRankAreHeardByAll() {
    ControlVotes save = new ControlVotes(ControlVotes.Save.DUE, StopVote.NONE);
    ControlVotes told = new ControlVotes(ControlVotes.Save.NOT_DUE, StopVote.PROCESS);
    ControlVotes asked = new ControlVotes(ControlVotes.Save.NOT_DUE, StopVote.DRIVER);
    ControlDecision nothing = sums.decision(reduced(-1, -1));
    assertThat(nothing.save()).isEqualTo(ControlVotes.Save.NOT_DUE);
    assertThat(nothing.stop()).isEmpty();
    ControlDecision both = sums.decision(reduced(4, 4, List.of(save, told)));
    assertThat(both.save()).isEqualTo(ControlVotes.Save.DUE);
    assertThat(both.stop()).contains("rank 1's process was told to end");
    assertThat(sums.decision(reduced(-1, -1, List.of(asked, ControlVotes.NONE))).stop())
        .contains("the driver asked for a stop");
    ControlVotes time = new ControlVotes(ControlVotes.Save.NOT_DUE, StopVote.TIME);
    assertThat(nothing.isTimeOver()).isFalse();
    ControlDecision over = sums.decision(reduced(-1, -1, List.of(time, ControlVotes.NONE)));
    assertThat(over.isTimeOver()).isTrue();
    assertThat(over.stop()).as("it is no interruption").isEmpty();
    assertThat(sums.decision(reduced(-1, -1, List.of(time, told))).stop())
        .contains("rank 1's process was told to end");
    // Neither the digests nor the counts suffer from what lies beside them.
    sums.requireSameParameters(reduced(4, 4, List.of(asked, told)), 50);
    assertThat(sums.totals(reduced(4, 4, List.of(save, told))).examples())
        .isEqualTo((1L << 25) + 2);
  }

  @Test
  void ranksWhereAPassDidNotFitAreNamed() {
    assertThat(sums.outOfMemory(reduced(7, 7))).containsExactly(1);
    assertThat(sums.outOfMemory(buffer())).isEmpty();
  }

  @Test
  void replicasThatDifferAreNamed() {
    assertThatCode(() -> sums.requireSameParameters(reduced(0, 0), 50)).doesNotThrowAnyException();
    assertThatCode(() -> sums.requireSameParameters(reduced(-1, -1), 51))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> sums.requireSameParameters(reduced(0xabcL, 0xdefL), 50))
        .isInstanceOf(ReplicasDivergedException.class)
        .hasMessageContaining("before update 50")
        .hasMessageContaining("0=abc, 1=def");
  }
}

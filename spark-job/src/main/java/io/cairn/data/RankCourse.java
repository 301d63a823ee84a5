/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import io.cairn.plan.Cursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which examples of its shard a rank brings to each update, for those who look at a rank's course
 * from outside. It is the course that {@link MicroBatches} takes.
 *
 * <p>Threading: stateless.
 */
public final class RankCourse {

  private RankCourse() {}

  /**
   * What a rank brings to one update.
   *
   * @param window how it is cut, and where the run stands
   * @param examples numbers in the shard, in the order of training
   */
  public record Share(Window window, List<Integer> examples) {
    public Share {
      examples = List.copyOf(examples);
    }
  }

  /**
   * Follows a rank from the first update of its course to the last.
   *
   * @param shardSize examples of its shard
   */
  public static List<Share> of(RankSampler sampler, int shardSize) {
    EpochOrder order = new EpochOrder(shardSize, sampler.seed(), sampler.rank());
    List<Share> shares = new ArrayList<>();
    Cursor cursor = sampler.start();
    long epoch = -1;
    for (long update = 0; update < sampler.updates(); update++) {
      if (cursor.epoch() != epoch) {
        epoch = cursor.epoch();
        sampler.begin(order, epoch);
      }
      Window window = sampler.window(cursor);
      long first = sampler.windows(epoch).windowStart(sampler.rank(), cursor.position());
      Integer[] examples = new Integer[window.examples()];
      Arrays.setAll(examples, i -> order.example(Math.toIntExact(first + i)));
      shares.add(new Share(window, List.of(examples)));
      cursor = window.next();
    }
    return shares;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.util.List;

/**
 * What the passes of each rank took since the record before, on average an update.
 *
 * @param update the last update that is counted
 * @param epoch the epoch it belongs to, from 1
 * @param ranks by rank
 */
public record RankMetrics(long update, int epoch, List<RankOnHost> ranks) {
  public RankMetrics {
    ranks = List.copyOf(ranks);
  }

  /**
   * A rank.
   *
   * @param host its host's address
   * @param load a mean, but for the memory
   */
  public record RankOnHost(String host, RankLoad load) {}
}

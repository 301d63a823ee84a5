/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.replica.LayerGap;
import io.cairn.worker.BigBatchReport;
import io.cairn.worker.BigBatchReport.Against;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was found in one number format.
 *
 * <p>A difference is judged by what it can be compared with. In float64, rounding is so small that
 * anything beyond a ten-millionth of what a layer has moved by is no rounding. In float32 the
 * yardstick is how far one big batch in float32 is from one in float64: the order of additions must
 * not matter more, by an order of magnitude, than the format itself does.
 *
 * <p>Threading: immutable.
 *
 * @param bytesPerValue 4 (float32) or 8 (float64)
 * @param updates updates that were made
 * @param found by the worker that made them alone
 */
public record VerifiedFormat(int bytesPerValue, long updates, BigBatchReport found) {

  private static final double SHARE_FLOAT64 = 1e-7;
  private static final double SHARE_FLOAT32 = 1e-3;
  private static final double TIMES_FORMAT = 10;

  /**
   * What is less than this share of the largest movement in the model is rounding. A parameter
   * whose true gradient is zero, as the bias of an attention's keys, is moved by rounding alone.
   */
  private static final double SMALLEST_SHARE = 1e-9;

  /** How many units in the last place two sums of the same numbers may be apart. */
  private static final double LAST_PLACES = 64;

  /** {@code float32} or {@code float64}. */
  public String name() {
    return bytesPerValue == Double.BYTES ? "float64" : "float32";
  }

  /** The layers' differences; empty where that was not compared. */
  public Optional<List<LayerGap>> gaps(Against against, long update) {
    return found.comparisons().stream()
        .filter(one -> one.against() == against && one.update() == update)
        .map(BigBatchReport.Comparison::layers)
        .findFirst();
  }

  /** Whether the updates changed no layer, so that equal states say nothing. */
  boolean standsStill() {
    return gaps(Against.ONE_BATCH, updates).stream()
        .flatMap(List::stream)
        .allMatch(gap -> gap.moved() == 0);
  }

  /** Whether nothing differs by more than rounding explains. */
  boolean agrees(Against against) {
    return beyond(against, 1).isEmpty() && beyond(against, updates).isEmpty();
  }

  /** The layers that differ by more than rounding explains, in the model's order. */
  List<LayerGap> beyond(Against against, long update) {
    List<LayerGap> layers = gaps(against, update).orElse(List.of());
    List<LayerGap> format = gaps(Against.FLOAT64, update).orElse(List.of());
    double largestMove = layers.stream().mapToDouble(LayerGap::moved).max().orElse(0);
    List<LayerGap> beyond = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      LayerGap gap = layers.get(i);
      Optional<LayerGap> rounding =
          format.isEmpty() ? Optional.empty() : Optional.of(format.get(i));
      if (excess(gap, rounding, SMALLEST_SHARE * largestMove) > 1) {
        beyond.add(gap);
      }
    }
    return beyond;
  }

  /**
   * How many times as large a difference is as one that rounding explains.
   *
   * @param least a difference of parameters that says nothing in this model
   */
  private double excess(LayerGap gap, Optional<LayerGap> rounding, double least) {
    double share = share();
    double lastPlace = bytesPerValue == Double.BYTES ? 0x1p-53 : 0x1p-24;
    double parameters =
        Math.max(share * gap.moved(), TIMES_FORMAT * rounding.map(LayerGap::parameters).orElse(0.0))
            + LAST_PLACES * lastPlace * gap.largest()
            + least;
    double updater =
        Math.max(share, TIMES_FORMAT * rounding.map(LayerGap::updaterShare).orElse(0.0));
    if (gap.parameters() == Double.MAX_VALUE || gap.updater() == Double.MAX_VALUE) {
      return Double.MAX_VALUE;
    }
    return Math.max(
        gap.parameters() == 0 ? 0 : gap.parameters() / parameters, gap.updaterShare() / updater);
  }

  private double share() {
    return bytesPerValue == Double.BYTES ? SHARE_FLOAT64 : SHARE_FLOAT32;
  }
}

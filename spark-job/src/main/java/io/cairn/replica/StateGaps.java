/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Measures how far the state of a replica is from another state of the same model, layer by layer.
 * It keeps a copy of the parameters as they were when it was made, to know how far they have moved.
 *
 * <p>Made by {@link Replica#gaps}.
 *
 * <p>Threading: the replica's thread.
 */
public final class StateGaps {

  /** What is less than this share of the largest in the model is rounding, and no scale. */
  private static final double SMALLEST_SHARE = 1e-9;

  private final Network network;
  private final int bytesPerValue;
  private final INDArray start;

  StateGaps(Network network, int bytesPerValue) {
    this.network = network;
    this.bytesPerValue = bytesPerValue;
    this.start = network.parameters().dup();
  }

  /** The largest difference and the largest magnitude of some values. */
  private static final class Extent {
    private double gap;
    private double largest;
    private double moved;

    void add(double own, double other, double before) {
      gap = Math.max(gap, finite(own - other));
      largest = Math.max(largest, finite(own));
      moved = Math.max(moved, finite(own - before));
    }

    private static double finite(double value) {
      return Double.isFinite(value) ? Math.abs(value) : Double.MAX_VALUE;
    }
  }

  /** The extents in a layer: of its parameters, and of each part of its updater state. */
  private record LayerExtents(Extent parameters, Map<Integer, Extent> updater) {}

  /**
   * Compares.
   *
   * @param parameters the other state's, flat, from each piece's position to its limit; borrowed
   *     until return
   * @param updater its updater's state likewise
   * @param otherBytesPerValue 4 (float32) or 8 (float64), whatever the replica has
   * @return the layers that have parameters, in the model's order
   */
  public List<LayerGap> to(
      List<ByteBuffer> parameters, List<ByteBuffer> updater, int otherBytesPerValue) {
    FlatValues own = new FlatValues(FlatMemory.pieces(network.parameters()), bytesPerValue);
    FlatValues before = new FlatValues(FlatMemory.pieces(start), bytesPerValue);
    FlatValues other = new FlatValues(parameters, otherBytesPerValue);
    FlatValues ownState = state();
    FlatValues otherState = new FlatValues(updater, otherBytesPerValue);
    if (own.length() != other.length() || ownState.length() != otherState.length()) {
      throw new IllegalArgumentException(
          "a state of %d parameters and %d values of the updater, where the model has %d and %d"
              .formatted(other.length(), otherState.length(), own.length(), ownState.length()));
    }
    Map<String, LayerExtents> layers = new LinkedHashMap<>();
    for (ParameterRange range : network.ranges()) {
      LayerExtents layer =
          layers.computeIfAbsent(
              range.layer(), it -> new LayerExtents(new Extent(), new HashMap<>()));
      for (long i = range.offset(); i < range.offset() + range.length(); i++) {
        layer.parameters().add(own.at(i), other.at(i), before.at(i));
      }
      addUpdater(range, ownState, otherState, layer.updater());
    }
    return gaps(layers);
  }

  private FlatValues state() {
    INDArray state = network.updaterState();
    return new FlatValues(
        state == null || state.length() == 0 ? List.of() : FlatMemory.pieces(state), bytesPerValue);
  }

  private void addUpdater(
      ParameterRange range, FlatValues own, FlatValues other, Map<Integer, Extent> parts) {
    for (UpdaterRange kept : network.updaterRanges()) {
      long from = Math.max(range.offset(), kept.parameterOffset());
      long to = Math.min(range.offset() + range.length(), kept.parameterOffset() + kept.length());
      for (long i = from; i < to; i++) {
        long at = kept.stateOf(i);
        parts.computeIfAbsent(kept.part(), it -> new Extent()).add(own.at(at), other.at(at), 0);
      }
    }
  }

  private static List<LayerGap> gaps(Map<String, LayerExtents> layers) {
    Map<Integer, Double> largest = new HashMap<>();
    for (LayerExtents layer : layers.values()) {
      layer.updater().forEach((part, extent) -> largest.merge(part, extent.largest, Math::max));
    }
    List<LayerGap> gaps = new ArrayList<>();
    layers.forEach(
        (name, layer) -> {
          double updater = 0;
          double share = 0;
          for (Map.Entry<Integer, Extent> part : layer.updater().entrySet()) {
            Extent extent = part.getValue();
            updater = Math.max(updater, extent.gap);
            share =
                Math.max(
                    share,
                    extent.gap == 0
                        ? 0
                        : share(
                            extent.gap,
                            Math.max(extent.largest, SMALLEST_SHARE * largest.get(part.getKey()))));
          }
          Extent parameters = layer.parameters();
          gaps.add(
              new LayerGap(
                  name, parameters.gap, parameters.moved, parameters.largest, updater, share));
        });
    return gaps;
  }

  private static double share(double gap, double of) {
    return gap == Double.MAX_VALUE ? gap : gap / of;
  }
}

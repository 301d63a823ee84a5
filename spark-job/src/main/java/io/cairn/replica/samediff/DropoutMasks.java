/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.samediff.GraphRoles.Dropout;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Draws what a pass drops. A graph multiplies values by a placeholder, its mask; the pass feeds a
 * one, and an operator that reads it gets a mask of the values' shape instead: 0 where a value is
 * dropped, else {@code 1 / (1 - rate)}, so that the mean stays. Where nothing is drawn the one
 * stays, which is how outputs are computed.
 *
 * <p>The seed is the state of ND4J's generator when a pass begins, which whoever makes the pass has
 * set from the run's seed, rank, update and micro-batch. Each mask has its own, so that the order
 * in which operators are computed decides nothing.
 *
 * <p>Threading: one thread.
 */
final class DropoutMasks {

  /** The golden ratio's digits, which lay neighbours far apart (Weyl's sequence, as SplitMix64). */
  private static final long APART = 0x9E3779B97F4A7C15L;

  private final Map<String, Double> rates = new LinkedHashMap<>();
  private final Map<String, Long> seeds = new HashMap<>();
  private final Map<String, INDArray> drawn = new HashMap<>();
  private final DataType type;
  private long bytes;

  /**
   * @param type of the values
   */
  DropoutMasks(List<Dropout> dropouts, DataType type) {
    this.type = type;
    for (Dropout dropout : dropouts) {
      if (dropout.rate() > 0) {
        rates.put(dropout.mask(), dropout.rate());
      }
    }
  }

  /** A pass begins. */
  void begin() {
    if (rates.isEmpty()) {
      return;
    }
    long seed = Nd4j.getRandom().nextLong();
    for (String mask : rates.keySet()) {
      seed += APART;
      seeds.put(mask, seed);
    }
  }

  /**
   * The placeholders as an operator reads them.
   *
   * @param placeholders of the pass; not changed
   * @param names of the operator's operands
   * @param given the operands; null where one is no array
   */
  Map<String, INDArray> in(
      Map<String, INDArray> placeholders, List<String> names, List<INDArray> given) {
    Map<String, INDArray> read = placeholders;
    for (int i = 0; i < given.size() && !rates.isEmpty(); i++) {
      String name = names.get(i);
      if (rates.containsKey(name)) {
        INDArray values = given.get(i == 0 ? 1 : 0);
        read = read == placeholders ? new HashMap<>(placeholders) : read;
        read.put(name, drawn.computeIfAbsent(name, it -> draw(it, values.shape())));
      }
    }
    return read;
  }

  private INDArray draw(String mask, long[] shape) {
    double rate = rates.get(mask);
    Nd4j.getRandom().setSeed(seeds.get(mask));
    INDArray uniform = Nd4j.rand(type, shape);
    INDArray kept = uniform.gte(rate);
    INDArray values = kept.castTo(type).divi(1 - rate);
    uniform.close();
    kept.close();
    return values;
  }

  /** The pass has ended: masks are of no use any more. */
  void end() {
    bytes = 0;
    for (INDArray mask : drawn.values()) {
      bytes += mask.length() * type.width();
      mask.close();
    }
    drawn.clear();
  }

  /** What the last pass took. */
  long bytes() {
    return bytes;
  }
}

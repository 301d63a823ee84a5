/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.ElementKind;
import io.cairn.data.Field;
import io.cairn.data.Scaling;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Running statistics of one input, for each channel: the sums of values and of their squares, the
 * smallest and the largest value.
 *
 * <p>The sums are kept in twice the precision of a double (Ogita, Rump, Oishi, "Accurate sum and
 * dot product", SIAM J. Sci. Comput. 26, 2005, algorithm Sum2) and rounded once, at the end. So the
 * plain formula for the variance is accurate enough, and the result does not depend on how the
 * values were split into partitions.
 *
 * <p>Threading: one thread.
 */
final class ChannelSums implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final MathContext DIGITS = new MathContext(60);

  /** Values of each channel. */
  private long count;

  private final double[] sum;
  private final double[] sumTail;
  private final double[] squares;
  private final double[] squaresTail;
  private final double[] min;
  private final double[] max;

  ChannelSums(int channels) {
    sum = new double[channels];
    sumTail = new double[channels];
    squares = new double[channels];
    squaresTail = new double[channels];
    min = new double[channels];
    max = new double[channels];
    Arrays.fill(min, Double.POSITIVE_INFINITY);
    Arrays.fill(max, Double.NEGATIVE_INFINITY);
  }

  /** Bytes that the sums of {@code channels} take. */
  static long bytes(int channels) {
    return 6L * Double.BYTES * channels;
  }

  /** Adds the values of {@code field}, which begins at {@code base} of a little-endian record. */
  void add(ByteBuffer record, int base, Field field, ElementKind kind) {
    int channelLength = field.arrayLength() / field.channels();
    int used = field.isSequence() ? record.getInt(base + field.valueBytes(kind)) : channelLength;
    for (int channel = 0; channel < sum.length; channel++) {
      int at = base + channel * channelLength * kind.bytes();
      for (int i = 0; i < used; i++, at += kind.bytes()) {
        add(channel, kind == ElementKind.FLOAT32 ? record.getFloat(at) : record.getDouble(at));
      }
    }
    count += used;
  }

  private void add(int channel, double value) {
    addTo(sum, sumTail, channel, value);
    double square = value * value;
    addTo(squares, squaresTail, channel, square);
    squaresTail[channel] += Math.fma(value, value, -square);
    min[channel] = Math.min(min[channel], value);
    max[channel] = Math.max(max[channel], value);
  }

  /** Knuth's TwoSum: the rounding error of the sum goes to the tail. */
  private static void addTo(double[] sums, double[] tails, int channel, double value) {
    double before = sums[channel];
    double after = before + value;
    double added = after - before;
    tails[channel] += (before - (after - added)) + (value - added);
    sums[channel] = after;
  }

  /** Adds the values of another part of the data. */
  void merge(ChannelSums other) {
    for (int channel = 0; channel < sum.length; channel++) {
      addTo(sum, sumTail, channel, other.sum[channel]);
      sumTail[channel] += other.sumTail[channel];
      addTo(squares, squaresTail, channel, other.squares[channel]);
      squaresTail[channel] += other.squaresTail[channel];
      min[channel] = Math.min(min[channel], other.min[channel]);
      max[channel] = Math.max(max[channel], other.max[channel]);
    }
    count += other.count;
  }

  /** The statistics of all values added; there must be some. */
  Scaling.Statistics statistics() {
    List<Double> means = new ArrayList<>();
    List<Double> deviations = new ArrayList<>();
    List<Double> smallest = new ArrayList<>();
    List<Double> largest = new ArrayList<>();
    BigDecimal n = BigDecimal.valueOf(count);
    for (int channel = 0; channel < sum.length; channel++) {
      BigDecimal total = exact(sum[channel], sumTail[channel]);
      BigDecimal meanSquare = exact(squares[channel], squaresTail[channel]).divide(n, DIGITS);
      BigDecimal mean = total.divide(n, DIGITS);
      double variance = meanSquare.subtract(mean.multiply(mean), DIGITS).doubleValue();
      boolean constant = min[channel] == max[channel];
      means.add(constant ? min[channel] : mean.doubleValue());
      deviations.add(constant ? 0 : Math.sqrt(Math.max(0, variance)));
      smallest.add(min[channel]);
      largest.add(max[channel]);
    }
    return new Scaling.Statistics(means, deviations, smallest, largest);
  }

  private static BigDecimal exact(double head, double tail) {
    return new BigDecimal(head).add(new BigDecimal(tail));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The L2 norm of a gradient sum in host memory. It is always added in the same order and in
 * float64, so that every rank gets the same bits whatever its processor or number of threads.
 *
 * <p>Threading: one thread (scratch space is reused).
 */
final class GradientNorm {

  /** Values copied to the heap at a time: small enough for the first-level cache. */
  private static final int BLOCK = 2048;

  /** Values looked at through one buffer: whole blocks, so that it changes no order of addition. */
  private static final int PART = 64 * 1024 * BLOCK;

  /** Neighbouring ranges of one kind: fewer, longer blocks. */
  private record Run(long from, long to, ParameterRange.RangeKind kind) {}

  private final List<ParameterRange> ranges;
  private final List<Run> runs;
  private final int bytesPerValue;
  private final float[] floats;
  private final double[] doubles;

  GradientNorm(List<ParameterRange> ranges, int bytesPerValue) {
    this.ranges = ranges;
    this.runs = runs(ranges);
    this.bytesPerValue = bytesPerValue;
    this.floats = new float[bytesPerValue == Float.BYTES ? BLOCK : 0];
    this.doubles = new double[bytesPerValue == Double.BYTES ? BLOCK : 0];
  }

  private static List<Run> runs(List<ParameterRange> ranges) {
    List<Run> runs = new ArrayList<>();
    for (ParameterRange range : ranges) {
      long to = range.offset() + range.length();
      Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
      if (last != null && last.kind() == range.kind()) {
        runs.set(runs.size() - 1, new Run(last.from(), to, range.kind()));
      } else {
        runs.add(new Run(range.offset(), to, range.kind()));
      }
    }
    return List.copyOf(runs);
  }

  double of(HostMemory sum) {
    double total = 0;
    for (Run run : runs) {
      double squares = squares(sum, run.from(), run.to());
      if (run.kind() == ParameterRange.RangeKind.GRADIENT) {
        total += squares;
      } else if (!Double.isFinite(squares)) {
        // Statistics don't count towards the norm, but must not slip through either.
        total = Double.NaN;
      }
    }
    return Math.sqrt(total);
  }

  Optional<String> firstNonFinite(HostMemory sum) {
    return ranges.stream()
        .filter(
            range ->
                !Double.isFinite(squares(sum, range.offset(), range.offset() + range.length())))
        .findFirst()
        .map(ParameterRange::place);
  }

  private double squares(HostMemory sum, long from, long to) {
    double total = 0;
    for (long start = from; start < to; start += PART) {
      int count = (int) Math.min(PART, to - start);
      ByteBuffer part = sum.part(start * bytesPerValue, count * bytesPerValue);
      total =
          bytesPerValue == Float.BYTES
              ? plusSquares(total, part.asFloatBuffer())
              : plusSquares(total, part.asDoubleBuffer());
    }
    return total;
  }

  private double plusSquares(double before, FloatBuffer values) {
    double total = before;
    while (values.hasRemaining()) {
      int count = Math.min(BLOCK, values.remaining());
      values.get(floats, 0, count);
      total += squares(floats, count);
    }
    return total;
  }

  private double plusSquares(double before, DoubleBuffer values) {
    double total = before;
    while (values.hasRemaining()) {
      int count = Math.min(BLOCK, values.remaining());
      values.get(doubles, 0, count);
      for (int i = 0; i < count; i++) {
        total += doubles[i] * doubles[i];
      }
    }
    return total;
  }

  /** Four sums side by side: one alone would wait for each addition to end before the next. */
  private static double squares(float[] values, int count) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < count; i += 4) {
      a += (double) values[i] * values[i];
      b += (double) values[i + 1] * values[i + 1];
      c += (double) values[i + 2] * values[i + 2];
      d += (double) values[i + 3] * values[i + 3];
    }
    for (; i < count; i++) {
      a += (double) values[i] * values[i];
    }
    return (a + b) + (c + d);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

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

  /** Neighbouring ranges of one kind: fewer, longer blocks. */
  private record Run(long from, long to, ParameterRange.RangeKind kind) {}

  private final List<ParameterRange> ranges;
  private final List<Run> runs;
  private final SquareSum squares;

  GradientNorm(List<ParameterRange> ranges, int bytesPerValue) {
    this.ranges = ranges;
    this.runs = runs(ranges);
    this.squares = new SquareSum(bytesPerValue);
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
      double ofRun = squares.of(sum, run.from(), run.to());
      if (run.kind() == ParameterRange.RangeKind.GRADIENT) {
        total += ofRun;
      } else if (!Double.isFinite(ofRun)) {
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
                !Double.isFinite(squares.of(sum, range.offset(), range.offset() + range.length())))
        .findFirst()
        .map(ParameterRange::place);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * What of a flat vector is trained. A packed vector holds that alone, without the parameters of
 * frozen layers, in the same order.
 *
 * <p>Threading: immutable.
 *
 * @param runs the trained parts, in order; one of all of it if nothing is frozen
 * @param length of a packed vector
 */
record TrainedPart(List<Run> runs, long length) {

  /**
   * Neighbours.
   *
   * @param from first element in the whole vector
   * @param packed first element in a packed one
   * @param length number of elements
   */
  record Run(long from, long packed, long length) {}

  TrainedPart {
    runs = List.copyOf(runs);
  }

  static TrainedPart of(List<ParameterRange> ranges) {
    List<Run> runs = new ArrayList<>();
    long packed = 0;
    for (ParameterRange range : ranges) {
      if (range.kind() == ParameterRange.RangeKind.FROZEN || range.length() == 0) {
        continue;
      }
      Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
      if (last != null && last.from() + last.length() == range.offset()) {
        runs.set(
            runs.size() - 1, new Run(last.from(), last.packed(), last.length() + range.length()));
      } else {
        runs.add(new Run(range.offset(), packed, range.length()));
      }
      packed += range.length();
    }
    return new TrainedPart(runs, packed);
  }

  /** Where what is trained lies in a packed vector. */
  static List<ParameterRange> packed(List<ParameterRange> ranges) {
    List<ParameterRange> packed = new ArrayList<>();
    long offset = 0;
    for (ParameterRange range : ranges) {
      if (range.kind() != ParameterRange.RangeKind.FROZEN) {
        packed.add(
            new ParameterRange(
                range.layer(), range.parameter(), offset, range.length(), range.kind()));
        offset += range.length();
      }
    }
    return List.copyOf(packed);
  }

  /** Overwrites a packed vector by a whole one. */
  void pack(INDArray whole, INDArray packed) {
    runs.forEach(run -> inPacked(packed, run).assign(inWhole(whole, run)));
  }

  /** Adds a whole vector to a packed one. */
  void add(INDArray whole, INDArray packed) {
    runs.forEach(run -> inPacked(packed, run).addi(inWhole(whole, run)));
  }

  /** Overwrites what is trained in a whole vector by a packed one. */
  void unpack(INDArray packed, INDArray whole) {
    runs.forEach(run -> inWhole(whole, run).assign(inPacked(packed, run)));
  }

  private static INDArray inWhole(INDArray vector, Run run) {
    return part(vector, run.from(), run.length());
  }

  private static INDArray inPacked(INDArray vector, Run run) {
    return part(vector, run.packed(), run.length());
  }

  private static INDArray part(INDArray vector, long from, long length) {
    return length == vector.length()
        ? vector
        : vector.get(NDArrayIndex.interval(from, from + length));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.Buffers;
import io.cairn.collective.Precision;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a right sum is. All ranks have the same bits. Exact numbers are the sum. Rounded ones are,
 * all updates so far taken together, as close to it as rounding once a rank allows, and exactly it
 * once they are settled: nothing is lost, and nothing counted twice.
 *
 * <p>One for each rank of an attempt. Threading: whoever has the baton.
 */
final class RightSums {

  /** Half of a unit in the last of bf16's eight places, with what earlier rounding adds to it. */
  private static final double ERROR_OF_ONE_RANK = 0x1.1p-8;

  private final Setup setup;
  private final Map<Integer, ByteBuffer> firstReturned;
  private final Map<Integer, Double> delivered = new HashMap<>();
  private final Map<Integer, Double> exact = new HashMap<>();

  /**
   * @param firstReturned what the first rank that completed an update returned; of all ranks
   */
  RightSums(Setup setup, Map<Integer, ByteBuffer> firstReturned) {
    this.setup = setup;
    this.firstReturned = firstReturned;
  }

  /** What is wrong with a sum that a rank returned, if anything is. */
  Optional<String> fault(
      int update, BufferLayout layout, ByteBuffer expected, ByteBuffer returned) {
    ByteBuffer first = firstReturned.putIfAbsent(update, returned);
    String difference = Buffers.difference(first == null ? returned : first, returned);
    if (!difference.equals("none")) {
      return Optional.of("not what another rank returned " + difference);
    }
    int start = 0;
    for (Section section : layout.sections()) {
      int length = (int) section.paddedBytes();
      Optional<String> fault =
          section.precision() == Precision.EXACT
              ? exactFault(expected.slice(start, length), returned.slice(start, length))
              : roundedFault(section, start, expected, returned);
      if (fault.isPresent()) {
        return fault;
      }
      start += length;
    }
    return Optional.empty();
  }

  private static Optional<String> exactFault(ByteBuffer expected, ByteBuffer returned) {
    String difference = Buffers.difference(expected, returned);
    return difference.equals("none") ? Optional.empty() : Optional.of(difference);
  }

  private Optional<String> roundedFault(
      Section section, int start, ByteBuffer expected, ByteBuffer returned) {
    for (int i = 0; i < section.count(); i++) {
      int at = start + i * Float.BYTES;
      double all = delivered.merge(at, (double) returned.getFloat(at), Double::sum);
      double right = exact.merge(at, (double) expected.getFloat(at), Double::sum);
      double allowed =
          section.precision() == Precision.SETTLED
              ? 0
              : setup.worldSize() * ERROR_OF_ONE_RANK * expected.getFloat(at);
      if (Math.abs(all - right) > allowed) {
        return Optional.of(
            "all so far are %s instead of %s, number %d of %s".formatted(all, right, i, section));
      }
    }
    return Optional.empty();
  }
}

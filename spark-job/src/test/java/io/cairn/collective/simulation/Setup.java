/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.ElementType;
import io.cairn.collective.Precision;
import io.cairn.collective.schedules.Algorithm;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * What is summed, by how many, and under which conditions.
 *
 * @param worldSize how many ranks
 * @param layout of the buffers
 * @param updates how many sums, one after the other
 * @param algorithm the way they go
 * @param segmentBytes longest message
 * @param timeoutNanos longest silence
 * @param conditions of the network
 * @param streams which of them are protected
 * @param slowRank a rank whose calls all take longer, or -1
 * @param slownessNanos by how much
 */
record Setup(
    int worldSize,
    BufferLayout layout,
    int updates,
    Algorithm algorithm,
    int segmentBytes,
    long timeoutNanos,
    Conditions conditions,
    Streams streams,
    int slowRank,
    long slownessNanos) {

  /** What protects messages on their way. */
  enum Streams {
    /** Nothing but their checksums. */
    CHECKED,
    /** On some connections the stream itself, on the others their checksums. */
    MIXED
  }

  private static final int MAX_WORLD_SIZE = 6;
  private static final int MAX_NUMBERS = 100;

  static Setup draw(Random random, Streams streams) {
    int worldSize = 2 + random.nextInt(MAX_WORLD_SIZE - 1);
    List<Section> sections = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      ElementType[] types = ElementType.values();
      ElementType type = types[random.nextInt(types.length)];
      Precision precision =
          type == ElementType.FLOAT32 && random.nextBoolean() ? Precision.BF16 : Precision.EXACT;
      sections.add(new Section(type, random.nextInt(MAX_NUMBERS + 1), precision));
    }
    return new Setup(
        worldSize,
        new BufferLayout(sections),
        1 + random.nextInt(4),
        Algorithm.values()[random.nextInt(Algorithm.values().length)],
        Long.BYTES * (1 << (2 + random.nextInt(6))),
        TimeUnit.MILLISECONDS.toNanos(200 + random.nextInt(2000)),
        Conditions.draw(random),
        streams,
        random.nextInt(5) == 0 ? random.nextInt(worldSize) : -1,
        TimeUnit.MICROSECONDS.toNanos(1 + random.nextInt(500)));
  }

  /** What is rounded in every other update is settled in the last one. */
  BufferLayout layout(int update) {
    return update < updates
        ? layout
        : new BufferLayout(layout.sections().stream().map(Setup::settled).toList());
  }

  /**
   * The update that a sum belongs to: in half of all setups two sums share one, as those of a
   * training do.
   */
  long updateOf(int sum) {
    return slownessNanos % 2 == 0 ? (sum + 1) / 2 : sum;
  }

  private static Section settled(Section section) {
    Precision precision =
        section.precision() == Precision.BF16 ? Precision.SETTLED : section.precision();
    return new Section(section.type(), section.count(), precision);
  }

  /** Whether an undisturbed rank always hears something before it would look by itself. */
  boolean isBrisk() {
    long longestWay = 2L * (worldSize + 1) * (conditions.latencyNanos() + conditions.jitterNanos());
    return slowRank < 0
        && conditions.capacity() >= layout.sizeBytes()
        && longestWay < timeoutNanos / 8;
  }
}

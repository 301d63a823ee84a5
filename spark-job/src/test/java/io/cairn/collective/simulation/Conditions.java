/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import java.util.Random;

/**
 * What a network is like when nothing is wrong with it.
 *
 * @param latencyNanos shortest time on the way
 * @param jitterNanos what it may take longer
 * @param capacity bytes that a stream takes before any is read
 * @param wholePieces whether reads and writes go as far as they can; else they stop anywhere
 * @param callNanos what one call of the system takes
 * @param switching how often another rank runs after a call, from 0 to 1
 */
record Conditions(
    long latencyNanos,
    long jitterNanos,
    int capacity,
    boolean wholePieces,
    long callNanos,
    double switching) {

  private static final int[] CAPACITIES = {100, 300, 1000, 5000, 100_000};

  static Conditions draw(Random random) {
    long latency = (long) Math.pow(10, 3 + 3 * random.nextDouble());
    return new Conditions(
        latency,
        1 + (long) (latency * 4 * random.nextDouble()),
        CAPACITIES[random.nextInt(CAPACITIES.length)],
        random.nextInt(4) > 0,
        500 + random.nextInt(2000),
        Math.pow(random.nextDouble(), 2) * 0.3);
  }

  long latency(Random random) {
    return latencyNanos + random.nextLong(jitterNanos);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.PlanSegment;
import io.cairn.plan.RunPosition;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Random;

/** What a small run keeps, for tests of where it keeps it. */
final class SmallRun {

  static final String SETTINGS = "{\"seed\": 7, \"train\": {\"epochs\": 5}}";
  static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

  private static final int UPDATES_PER_EPOCH = 35;

  private SmallRun() {}

  /** Its state after an update: the same for the same update, and another for another. */
  static TrainingState state(long update) {
    Random random = new Random(update);
    BatchPlan plan = new BatchPlan(2, 32, 8);
    Cursor cursor = new Cursor(update / UPDATES_PER_EPOCH, update % UPDATES_PER_EPOCH);
    List<PlanSegment> segments =
        cursor.position() == 0 ? List.of() : List.of(new PlanSegment(plan, cursor.position()));
    return new TrainingState(
        new RunPosition(update, update, cursor.epoch(), 17_920, plan, cursor, segments),
        SETTINGS,
        Float.BYTES,
        List.of(bytes(random, 100_000)),
        List.of(bytes(random, 200_000)));
  }

  private static ByteBuffer bytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  /** The status of its first attempt, which has begun. */
  static RunStatus running() {
    return RunStatus.running("digits", 512, List.of(), 1, 0, 0, NOW);
  }
}

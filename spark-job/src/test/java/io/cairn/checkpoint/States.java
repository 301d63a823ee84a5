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

/** Small training states, different for each update and seed. */
final class States {

  static final Claimant CLAIMANT =
      new Claimant("driver-1", "application_1", Instant.parse("2026-03-01T10:00:00Z"));

  private static final int UPDATES_PER_EPOCH = 35;
  private static final BatchPlan PLAN = new BatchPlan(2, 32, 8);

  private States() {}

  static TrainingState at(long update, long seed) {
    return at(update, seed, 1000);
  }

  static TrainingState at(long update, long seed, int parameters) {
    Random random = new Random(seed * 1_000_003 + update);
    Cursor cursor = new Cursor(update / UPDATES_PER_EPOCH, update % UPDATES_PER_EPOCH);
    List<PlanSegment> stints =
        cursor.position() == 0 ? List.of() : List.of(new PlanSegment(PLAN, cursor.position()));
    return new TrainingState(
        new RunPosition(update, update, cursor.epoch(), 17_920, PLAN, cursor, stints),
        "{\"name\": \"digits\", \"seed\": 7}\n",
        Float.BYTES,
        List.of(bytes(random, parameters * Float.BYTES)),
        List.of(bytes(random, 2 * parameters * Float.BYTES)));
  }

  private static ByteBuffer bytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.Optional;

/**
 * What rank 0 writes, on a disk in memory that can lose power: for tests of who writes it.
 *
 * <p>Names and bytes that were not synced are lost then.
 */
public final class RunOnLosingDisk {

  private static final String METRICS = "metrics.jsonl";

  private final MemoryFileSystem disk;
  private final AttemptClaim claim;

  private RunOnLosingDisk(MemoryFileSystem disk, AttemptClaim claim) {
    this.disk = disk;
    this.claim = claim;
  }

  /** A run whose first attempt has begun. */
  public static RunOnLosingDisk begun() throws IOException {
    MemoryFileSystem disk =
        new MemoryFileSystem(
            FileSystemKind.Rename.ATOMIC, MemoryFileSystem.Names.WHEN_SYNCED, Faults.none());
    return new RunOnLosingDisk(disk, AttemptClaim.take(disk.place(), 0, States.CLAIMANT));
  }

  /** Its log. */
  public MetricsLog log() throws IOException {
    WholeFiles files = new WholeFiles(disk.place("file:/run"));
    return MetricsLog.open(
        new MetricsLog.Home(files, METRICS, Optional.empty(), Path.of("unused")), 0, () -> 0);
  }

  /** Saves in one thread of its own; the caller closes it. */
  public CheckpointWriter writer(long everyUpdates) {
    return CheckpointWriter.start(
        store(disk), BestStates.open(disk.place()), claim, everyUpdates, 0, () -> 0);
  }

  private static CheckpointStore store(MemoryFileSystem on) {
    return CheckpointStore.open(
        on.place(), new Retention(9, 0), Clock.fixed(States.CLAIMANT.at(), ZoneOffset.UTC));
  }

  /**
   * What is found when the machine is on again.
   *
   * @param checkpoint the update of the newest good one, 0 for none
   * @param metrics the log's text
   */
  public record Found(long checkpoint, String metrics) {}

  /** Loses power now. */
  public Found afterPowerLoss() throws IOException {
    MemoryFileSystem found = disk.afterPowerLoss();
    AttemptClaim next = AttemptClaim.take(found.place(), 0, States.CLAIMANT);
    return new Found(
        store(found).newestGood(next).checkpoint().map(Checkpoint::update).orElse(0L),
        new String(found.content("/run/" + METRICS), StandardCharsets.UTF_8));
  }
}

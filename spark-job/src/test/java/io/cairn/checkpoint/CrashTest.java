/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever operation of a row of saves goes wrong, and however: a good checkpoint is found
 * afterwards, the newest that a save had promised or the one it was about to, to the bit.
 */
class CrashTest {

  private static final Retention RETENTION = new Retention(1, 200);
  private static final List<Long> UPDATES = List.of(100L, 200L, 300L, 400L, 500L);

  /** What checkpoints are kept on. */
  private enum Disk {
    /** Names are safe at once, and a directory moves in one step. */
    HDFS("hdfs://name/run", FileSystemKind.Rename.ATOMIC, MemoryFileSystem.Names.AT_ONCE),
    /** A name is safe when its directory was synced. */
    LOCAL("memory:/run", FileSystemKind.Rename.ATOMIC, MemoryFileSystem.Names.WHEN_SYNCED),
    /** An object is there when it is closed; nothing moves, and nobody creates exclusively. */
    S3A("s3a://bucket/run", FileSystemKind.Rename.PIECEMEAL, MemoryFileSystem.Names.AT_ONCE);

    private final String root;
    private final FileSystemKind.Rename rename;
    private final MemoryFileSystem.Names names;

    Disk(String root, FileSystemKind.Rename rename, MemoryFileSystem.Names names) {
      this.root = root;
      this.rename = rename;
      this.names = names;
    }

    RunFileSystem place(MemoryFileSystem files) {
      return files.place(root);
    }

    MemoryFileSystem with(Faults faults) {
      return new MemoryFileSystem(rename, names, faults);
    }
  }

  /** What a row of saves promised before it ended. */
  private static final class Promise {
    private long newest;
    private int failed;
  }

  @ParameterizedTest
  @EnumSource(Disk.class)
  void failingOperationCostsAtMostThatSave(Disk disk) throws IOException {
    long operations = countOperations(disk);
    for (long k = 0; k < operations; k++) {
      Faults faults = Faults.at(Faults.Kind.FAILS, k);
      MemoryFileSystem files = disk.with(faults);
      Promise promise = new Promise();
      saveAll(disk, files, promise);
      String where = "operation " + k + ", " + faults.operations().get((int) k);
      assertThat(promise.failed).as(where).isLessThanOrEqualTo(1);
      requireGood(disk, files, promise, where);
      requireGood(disk, files.afterPowerLoss(), promise, where);
      requireUsable(disk, files, where);
    }
  }

  @ParameterizedTest
  @EnumSource(Disk.class)
  void deathAtAnyOperationLeavesWhatWasSavedOrWhatWasBeingSaved(Disk disk) throws IOException {
    long operations = countOperations(disk);
    for (long k = 0; k < operations; k++) {
      Faults faults = Faults.at(Faults.Kind.PROCESS_DIES, k);
      MemoryFileSystem files = disk.with(faults);
      Promise promise = new Promise();
      try {
        saveAll(disk, files, promise);
      } catch (Faults.ProcessDied died) {
        // As asked for.
      }
      String where = "operation " + k + ", " + faults.operations().get((int) k);
      MemoryFileSystem powerless = files.afterPowerLoss();
      requireGood(disk, powerless, promise, where);
      requireUsable(disk, powerless, where);
      MemoryFileSystem killed = files.afterProcessDeath();
      requireGood(disk, killed, promise, where);
      requireUsable(disk, killed, where);
    }
  }

  @ParameterizedTest
  @EnumSource(Disk.class)
  void bytesThatAreNotWhatWasGivenNeverReplaceGoodOnes(Disk disk) throws IOException {
    long operations = countOperations(disk);
    for (long k = 0; k < operations; k++) {
      MemoryFileSystem files = disk.with(Faults.at(Faults.Kind.WRITES_WRONG_BYTES, k));
      Promise promise = new Promise();
      saveAll(disk, files, promise);
      String where = "operation " + k + ", " + files.faults().operations().get((int) k);
      requireGood(disk, files, promise, where);
      requireUsable(disk, files, where);
    }
  }

  @Test
  void everyKindOfOperationIsAmongThoseThatGoWrong() throws IOException {
    for (Disk disk : Disk.values()) {
      MemoryFileSystem files = disk.with(Faults.none());
      saveAll(disk, files, new Promise());
      Map<String, Integer> kinds = new TreeMap<>();
      files.faults().operations().forEach(what -> kinds.merge(what.split(" ")[0], 1, Integer::sum));
      assertThat(kinds).containsKeys("create", "write", "close", "delete", "mkdirs", "list");
      if (disk != Disk.S3A) {
        assertThat(kinds).containsKeys("hsync", "rename");
      }
      if (disk == Disk.LOCAL) {
        assertThat(kinds).containsKeys("sync-names");
      }
    }
  }

  private static long countOperations(Disk disk) throws IOException {
    MemoryFileSystem files = disk.with(Faults.none());
    saveAll(disk, files, new Promise());
    return files.faults().operations().size();
  }

  /** Saves state after state as a writer would: one that fails is left out. */
  private static void saveAll(Disk disk, MemoryFileSystem files, Promise promise) {
    AttemptClaim claim;
    try {
      claim = AttemptClaim.take(disk.place(files), 0, States.CLAIMANT);
    } catch (IOException e) {
      promise.failed++;
      return;
    }
    CheckpointStore store = store(disk, files);
    for (long update : UPDATES) {
      try {
        store.save(States.at(update, 1), claim);
        promise.newest = update;
      } catch (IOException e) {
        promise.failed++;
      }
    }
  }

  private static void requireGood(Disk disk, MemoryFileSystem files, Promise promise, String where)
      throws IOException {
    AttemptClaim claim = AttemptClaim.take(disk.place(files), 0, States.CLAIMANT);
    NewestGood found = store(disk, files).newestGood(claim);
    long update = found.checkpoint().map(Checkpoint::update).orElse(0L);
    assertThat(update)
        .as("%s; passed over: %s", where, found.passedOver())
        .isBetween(promise.newest, promise.newest + 100);
    if (update > 0) {
      TrainingState expected = States.at(update, 1);
      assertThat(store(disk, files).load(update, expected.size())).as(where).isEqualTo(expected);
    }
  }

  /** The next attempt saves as if nothing had happened, and nothing is left lying about. */
  private static void requireUsable(Disk disk, MemoryFileSystem files, String where)
      throws IOException {
    AttemptClaim claim = AttemptClaim.take(disk.place(files), 0, States.CLAIMANT);
    for (long update : new long[] {500, 600}) {
      assertThatCode(() -> store(disk, files).save(States.at(update, 1), claim))
          .as(where)
          .doesNotThrowAnyException();
    }
    assertThat(store(disk, files).newestGood(claim).checkpoint().orElseThrow().update())
        .isEqualTo(600);
    List<String> strange = new ArrayList<>(files.files());
    strange.removeIf(
        name ->
            name.matches("/run/claims/attempt-\\d{4}(-[0-9a-f-]{36})?")
                || name.matches("/run/checkpoints/(damaged-)?update-\\d{12}/[a-z]+\\.(json|bin)"));
    assertThat(strange).as(where).isEmpty();
    assertThat(store(disk, files).updates()).as(where).endsWith(600L).hasSizeLessThanOrEqualTo(4);
  }

  private static CheckpointStore store(Disk disk, MemoryFileSystem files) {
    return CheckpointStore.open(
        disk.place(files), RETENTION, Clock.fixed(States.CLAIMANT.at(), ZoneOffset.UTC));
  }
}

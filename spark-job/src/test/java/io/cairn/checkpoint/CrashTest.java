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
    HDFS(FileSystemKind.Rename.ATOMIC, MemoryFileSystem.Names.AT_ONCE),
    /** A name is safe when its directory was synced. */
    LOCAL(FileSystemKind.Rename.ATOMIC, MemoryFileSystem.Names.WHEN_SYNCED),
    OBJECT_STORE(FileSystemKind.Rename.PIECEMEAL, MemoryFileSystem.Names.AT_ONCE);

    private final FileSystemKind.Rename rename;
    private final MemoryFileSystem.Names names;

    Disk(FileSystemKind.Rename rename, MemoryFileSystem.Names names) {
      this.rename = rename;
      this.names = names;
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
      saveAll(files, promise);
      String where = "operation " + k + ", " + faults.operations().get((int) k);
      assertThat(promise.failed).as(where).isLessThanOrEqualTo(1);
      requireGood(files, promise, where);
      requireGood(files.afterPowerLoss(), promise, where);
      requireUsable(files, where);
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
        saveAll(files, promise);
      } catch (Faults.ProcessDied died) {
        // As asked for.
      }
      String where = "operation " + k + ", " + faults.operations().get((int) k);
      MemoryFileSystem powerless = files.afterPowerLoss();
      requireGood(powerless, promise, where);
      requireUsable(powerless, where);
      MemoryFileSystem killed = files.afterProcessDeath();
      requireGood(killed, promise, where);
      requireUsable(killed, where);
    }
  }

  @ParameterizedTest
  @EnumSource(Disk.class)
  void bytesThatAreNotWhatWasGivenNeverReplaceGoodOnes(Disk disk) throws IOException {
    long operations = countOperations(disk);
    for (long k = 0; k < operations; k++) {
      MemoryFileSystem files = disk.with(Faults.at(Faults.Kind.WRITES_WRONG_BYTES, k));
      Promise promise = new Promise();
      saveAll(files, promise);
      String where = "operation " + k + ", " + files.faults().operations().get((int) k);
      requireGood(files, promise, where);
      requireUsable(files, where);
    }
  }

  @Test
  void everyKindOfOperationIsAmongThoseThatGoWrong() throws IOException {
    for (Disk disk : Disk.values()) {
      MemoryFileSystem files = disk.with(Faults.none());
      saveAll(files, new Promise());
      Map<String, Integer> kinds = new TreeMap<>();
      files.faults().operations().forEach(what -> kinds.merge(what.split(" ")[0], 1, Integer::sum));
      assertThat(kinds).containsKeys("create", "write", "close", "delete", "mkdirs", "list");
      if (disk != Disk.OBJECT_STORE) {
        assertThat(kinds).containsKeys("hsync", "rename");
      }
      if (disk == Disk.LOCAL) {
        assertThat(kinds).containsKeys("sync-names");
      }
    }
  }

  private static long countOperations(Disk disk) throws IOException {
    MemoryFileSystem files = disk.with(Faults.none());
    saveAll(files, new Promise());
    return files.faults().operations().size();
  }

  /** Saves state after state as a writer would: one that fails is left out. */
  private static void saveAll(MemoryFileSystem files, Promise promise) {
    AttemptClaim claim;
    try {
      claim = AttemptClaim.take(files.place(), 0, States.CLAIMANT);
    } catch (IOException e) {
      promise.failed++;
      return;
    }
    CheckpointStore store = store(files);
    for (long update : UPDATES) {
      try {
        store.save(States.at(update, 1), claim);
        promise.newest = update;
      } catch (IOException e) {
        promise.failed++;
      }
    }
  }

  private static void requireGood(MemoryFileSystem files, Promise promise, String where)
      throws IOException {
    AttemptClaim claim = AttemptClaim.take(files.place(), 0, States.CLAIMANT);
    NewestGood found = store(files).newestGood(claim);
    long update = found.checkpoint().map(Checkpoint::update).orElse(0L);
    assertThat(update)
        .as("%s; passed over: %s", where, found.passedOver())
        .isBetween(promise.newest, promise.newest + 100);
    if (update > 0) {
      TrainingState expected = States.at(update, 1);
      assertThat(store(files).load(update, expected.size())).as(where).isEqualTo(expected);
    }
  }

  /** The next attempt saves as if nothing had happened, and nothing is left lying about. */
  private static void requireUsable(MemoryFileSystem files, String where) throws IOException {
    AttemptClaim claim = AttemptClaim.take(files.place(), 0, States.CLAIMANT);
    for (long update : new long[] {500, 600}) {
      assertThatCode(() -> store(files).save(States.at(update, 1), claim))
          .as(where)
          .doesNotThrowAnyException();
    }
    assertThat(store(files).newestGood(claim).checkpoint().orElseThrow().update()).isEqualTo(600);
    List<String> strange = new ArrayList<>(files.files());
    strange.removeIf(
        name ->
            name.matches("/run/claims/attempt-\\d{4}")
                || name.matches("/run/checkpoints/(damaged-)?update-\\d{12}/[a-z]+\\.(json|bin)"));
    assertThat(strange).as(where).isEmpty();
    assertThat(store(files).updates()).as(where).endsWith(600L).hasSizeLessThanOrEqualTo(4);
  }

  private static CheckpointStore store(MemoryFileSystem files) {
    return CheckpointStore.open(
        files.place(), RETENTION, Clock.fixed(States.CLAIMANT.at(), ZoneOffset.UTC));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CheckpointWriterTest {

  private static final CheckpointWriter.SafeFirst NOTHING = () -> {};

  private final Disk disk = new Disk();
  private final MemoryFileSystem files = new MemoryFileSystem(FileSystemKind.Rename.ATOMIC, disk);
  private final CheckpointStore store =
      CheckpointStore.open(files.place(), new Retention(9, 0), Clock.systemUTC());
  private final BestStates bests = BestStates.open(files.place());
  private final AtomicLong nanoTime = new AtomicLong();
  private AttemptClaim claim;

  @BeforeEach
  void claim() throws IOException {
    claim = AttemptClaim.take(files.place(), 0, States.CLAIMANT);
  }

  @Test
  void savesAtEveryMultipleOfTheInterval() throws Exception {
    try (CheckpointWriter writer = writer(10, 0)) {
      for (long update = 1; update <= 35; update++) {
        if (writer.wants(update)) {
          writer.take(States.at(update, 1), NOTHING);
          writer.awaitAll();
        }
      }
      assertThat(writer.savedUpdate()).isEqualTo(30);
    }
    assertThat(store.updates()).containsExactly(10L, 20L, 30L);
  }

  @Test
  void whatHasToBeSafeFirstIsAndWithoutItNothingIsSaved() throws Exception {
    try (CheckpointWriter writer = writer(10, 0)) {
      assertThat(writer.wants(10)).isTrue();
      writer.take(
          States.at(10, 1),
          () -> {
            throw new IOException("the metrics cannot be stored");
          });
      writer.awaitAll();
      assertThat(writer.savedUpdate()).isZero();
      assertThat(store.updates()).isEmpty();
      List<List<Long>> before = new ArrayList<>();
      writer.saveLast(States.at(20, 1), this, () -> before.add(store.updates()));
      assertThat(before).containsExactly(List.of());
      assertThat(store.updates()).containsExactly(20L);
    }
  }

  @Test
  void attemptThatGoesOnKeepsTheRhythm() throws Exception {
    try (CheckpointWriter writer = writer(10, 14)) {
      assertThat(writer.wants(19)).isFalse();
      assertThat(writer.wants(20)).isTrue();
    }
    try (CheckpointWriter writer = writer(10, 20)) {
      assertThat(writer.wants(29)).isFalse();
      assertThat(writer.wants(30)).isTrue();
    }
  }

  @Test
  void trainingGoesOnDuringASaveAndTheNextOneIsTakenAsSoonAsItEnds() throws Exception {
    try (CheckpointWriter writer = writer(10, 0)) {
      disk.holdNextWrite();
      TrainingState first = States.at(10, 1);
      writer.take(first, NOTHING);
      disk.awaitWriter();
      // The replica's memory changes while the save goes on.
      first.parameters().forEach(CheckpointWriterTest::overwrite);
      first.updater().forEach(CheckpointWriterTest::overwrite);
      for (long update = 11; update <= 23; update++) {
        assertThat(writer.wants(update)).isFalse();
      }
      assertThatThrownBy(() -> writer.take(States.at(23, 1), NOTHING))
          .isInstanceOf(IllegalStateException.class);
      disk.release();
      writer.awaitAll();
      assertThat(store.load(10, first.size())).isEqualTo(States.at(10, 1));

      assertThat(writer.wants(24)).isTrue();
      writer.take(States.at(24, 1), NOTHING);
      writer.awaitAll();
      assertThat(writer.wants(29)).isFalse();
      assertThat(writer.wants(30)).isTrue();
    }
    assertThat(store.updates()).containsExactly(10L, 24L);
  }

  @Test
  void failedSaveIsTriedAgainWithALaterStateAfterHalfAMinute() throws Exception {
    try (CheckpointWriter writer = writer(1000, 0)) {
      disk.full = true;
      assertThat(writer.wants(1000)).isTrue();
      writer.take(States.at(1000, 1), NOTHING);
      writer.awaitAll();
      assertThat(writer.wants(1001)).isFalse();
      disk.full = false;
      nanoTime.addAndGet(Duration.ofSeconds(31).toNanos());
      assertThat(writer.wants(1002)).isTrue();
      writer.take(States.at(1002, 1), NOTHING);
      writer.awaitAll();
      assertThat(writer.savedUpdate()).isEqualTo(1002);
      assertThat(writer.wants(1003)).isFalse();
    }
  }

  @Test
  void diskThatStaysFullFailsTheAttemptAfterThreeIntervalsAndThreeTries() throws Exception {
    try (CheckpointWriter writer = writer(100, 0)) {
      disk.full = true;
      long update = 100;
      for (; update < 300; update++) {
        if (writer.wants(update)) {
          writer.take(States.at(update, 1), NOTHING);
          writer.awaitAll();
        }
        nanoTime.addAndGet(Duration.ofSeconds(1).toNanos());
      }
      assertThatThrownBy(() -> writer.wants(300))
          .isInstanceOf(IOException.class)
          .hasMessageMatching(
              "no checkpoint could be saved since update 0, in \\d tries; the last failed with:"
                  + " java.io.IOException: no space left");
    }
  }

  @Test
  void threeFailuresWithinAnIntervalDoNotEndTheRun() throws Exception {
    try (CheckpointWriter writer = writer(1000, 0)) {
      disk.full = true;
      for (int i = 0; i < 5; i++) {
        assertThat(writer.wants(1000 + i)).isTrue();
        writer.take(States.at(1000 + i, 1), NOTHING);
        writer.awaitAll();
        nanoTime.addAndGet(Duration.ofMinutes(1).toNanos());
      }
    }
  }

  @Test
  void takeoverIsToldAtTheNextUpdate() throws Exception {
    try (CheckpointWriter writer = writer(10, 0)) {
      AttemptClaim.take(files.place(), 0, States.CLAIMANT);
      writer.take(States.at(10, 1), NOTHING);
      assertThatThrownBy(
              () -> {
                for (long update = 11; !writer.wants(update); update++) {
                  Thread.onSpinWait();
                }
              })
          .isInstanceOf(FencedException.class)
          .hasMessageContaining("attempt 1 must stop: attempt 2, claimed by application_1");
    }
  }

  @Test
  void lastStateIsSavedAfterTheOneInFlightAndTriedTwice() throws Exception {
    try (CheckpointWriter writer = writer(10, 0)) {
      disk.holdNextWrite();
      writer.take(States.at(10, 1), NOTHING);
      disk.awaitWriter();
      disk.release();
      assertThat(writer.saveLast(States.at(13, 1), this, NOTHING).update()).isEqualTo(13);
      assertThat(store.updates()).containsExactly(10L, 13L);
      disk.failures = 1;
      assertThat(writer.saveLast(States.at(17, 1), this, NOTHING).update()).isEqualTo(17);
      disk.failures = 2;
      assertThatThrownBy(() -> writer.saveLast(States.at(19, 1), this, NOTHING))
          .hasMessage("no space left");
    }
    assertThat(store.newestGood(claim).checkpoint().orElseThrow().update()).isEqualTo(17);
  }

  @Test
  void closingLetsTheSaveInFlightEnd() throws Exception {
    CheckpointWriter writer = writer(10, 0);
    disk.holdNextWrite();
    writer.take(States.at(10, 1), NOTHING);
    disk.awaitWriter();
    disk.release();
    writer.close();
    assertThat(store.updates()).containsExactly(10L);
  }

  @Test
  void interruptedTaskLeavesTheSaveBehind() throws Exception {
    CheckpointWriter writer = writer(10, 0);
    disk.holdNextWrite();
    writer.take(States.at(10, 1), NOTHING);
    disk.awaitWriter();
    Thread.currentThread().interrupt();
    writer.close();
    assertThat(Thread.interrupted()).isTrue();
  }

  /** Its buffers are views of memory that goes with it. */
  @Test
  void theOwnerOfALastStateLivesAsLongAsItsSaving() throws Exception {
    CheckpointWriter writer = writer(10, 0);
    disk.holdNextWrite();
    List<WeakReference<Object>> owners = new ArrayList<>();
    Thread task = new Thread(() -> saveLastWithOwner(writer, owners));
    task.start();
    disk.awaitWriter();
    task.interrupt();
    task.join();
    System.gc();
    assertThat(owners.get(0).get()).as("while it is saved").isNotNull();
    disk.release();
    writer.close();
    assertThat(store.updates()).containsExactly(10L);
  }

  private static void saveLastWithOwner(
      CheckpointWriter writer, List<WeakReference<Object>> owners) {
    Object owner = new Object();
    owners.add(new WeakReference<>(owner));
    assertThatThrownBy(() -> writer.saveLast(States.at(10, 1), owner, NOTHING))
        .isInstanceOf(InterruptedException.class);
  }

  @Test
  void stateOfSeveralPiecesReadsBackAsOne() throws Exception {
    TrainingState whole = States.at(10, 1);
    ByteBuffer updater = whole.updater().get(0);
    TrainingState pieces =
        new TrainingState(
            whole.position(),
            whole.settingsJson(),
            whole.bytesPerValue(),
            whole.parameters(),
            List.of(updater.slice(0, 1003), updater.slice(1003, updater.remaining() - 1003)));
    try (CheckpointWriter writer = writer(10, 0)) {
      writer.take(pieces, NOTHING);
      writer.awaitAll();
    }
    assertThat(store.load(10, whole.size())).isEqualTo(whole);
  }

  @Test
  void theBestStateIsSavedBeforeTheCheckpointAndOneThatIsBestedFirstNever() throws Exception {
    try (CheckpointWriter writer = writer(10, 0)) {
      writer.takeBest(States.at(4, 1), this);
      TrainingState better = States.at(7, 1);
      writer.takeBest(better, this);
      better.parameters().forEach(CheckpointWriterTest::overwrite);
      assertThat(bests.updates()).isEmpty();
      assertThat(writer.wants(10)).isTrue();
      List<List<Long>> before = new ArrayList<>();
      writer.take(States.at(10, 1), () -> before.add(store.updates()));
      writer.awaitAll();
      assertThat(before).containsExactly(List.of());
      assertThat(bests.updates()).containsExactly(7L);
      assertThat(store.updates()).containsExactly(10L);
      assertThat(parametersOfBest(7)).isEqualTo(States.at(7, 1).parameters());
    }
  }

  @Test
  void aBestStateFoundDuringASaveWaitsForTheNextAndTrainingDoesNot() throws Exception {
    try (CheckpointWriter writer = writer(10, 0)) {
      writer.takeBest(States.at(9, 1), this);
      disk.holdNextWrite();
      writer.take(States.at(10, 1), NOTHING);
      disk.awaitWriter();
      for (long update = 11; update <= 15; update++) {
        assertThat(writer.wants(update)).isFalse();
        writer.takeBest(States.at(update, 1), this);
      }
      disk.release();
      writer.awaitAll();
      assertThat(bests.updates()).containsExactly(9L);
      assertThat(parametersOfBest(9)).isEqualTo(States.at(9, 1).parameters());
      writer.saveLast(States.at(18, 1), this, NOTHING);
      assertThat(bests.updates()).containsExactly(9L, 15L);
      assertThat(parametersOfBest(15)).isEqualTo(States.at(15, 1).parameters());
    }
  }

  /** Without it a checkpoint would be worth less than it says. */
  @Test
  void whereTheBestStateCannotBeSavedNeitherIsTheCheckpoint() throws Exception {
    try (CheckpointWriter writer = writer(10, 0)) {
      writer.takeBest(States.at(6, 1), this);
      disk.failures = 1;
      writer.take(States.at(10, 1), NOTHING);
      writer.awaitAll();
      assertThat(bests.updates()).isEmpty();
      assertThat(store.updates()).isEmpty();
      nanoTime.addAndGet(Duration.ofSeconds(31).toNanos());
      assertThat(writer.wants(13)).isTrue();
      writer.take(States.at(13, 1), NOTHING);
      writer.awaitAll();
      assertThat(bests.updates()).containsExactly(6L);
      assertThat(store.updates()).containsExactly(13L);
    }
  }

  /** The oldest checkpoint that is kept decides; what no attempt goes back to needs no best. */
  @Test
  void bestStatesThatNoAttemptCanNeedAreDeleted() throws Exception {
    CheckpointStore keepsTwo =
        CheckpointStore.open(files.place(), new Retention(2, 0), Clock.systemUTC());
    try (CheckpointWriter writer =
        CheckpointWriter.start(keepsTwo, bests, claim, 10, 0, nanoTime::get)) {
      for (long update = 5; update <= 45; update += 5) {
        if (update % 10 == 5) {
          writer.takeBest(States.at(update, 1), this);
        } else {
          writer.take(States.at(update, 1), NOTHING);
          writer.awaitAll();
        }
      }
      assertThat(store.updates()).containsExactly(30L, 40L);
      // Saved while 20 and 30 were there.
      assertThat(bests.updates()).containsExactly(15L, 25L, 35L);
      bests.begin(30, claim);
      assertThat(bests.updates()).containsExactly(15L, 25L);
      bests.delete(claim);
      assertThat(bests.updates()).isEmpty();
    }
  }

  private List<ByteBuffer> parametersOfBest(long update) throws IOException {
    TrainingState read = States.at(99, 1);
    bests.load(update, read.size(), read.parameters(), read.updater());
    return read.parameters();
  }

  private CheckpointWriter writer(long everyUpdates, long fromUpdate) {
    return CheckpointWriter.start(store, bests, claim, everyUpdates, fromUpdate, nanoTime::get);
  }

  private static void overwrite(ByteBuffer buffer) {
    for (int i = buffer.position(); i < buffer.limit(); i++) {
      buffer.put(i, (byte) 0);
    }
  }

  /** A disk that can be full, or slow. */
  private static final class Disk extends Faults {
    private volatile boolean full;
    private volatile int failures;
    private volatile CountDownLatch reached = new CountDownLatch(0);
    private volatile CountDownLatch held = new CountDownLatch(0);

    void holdNextWrite() {
      reached = new CountDownLatch(1);
      held = new CountDownLatch(1);
    }

    void awaitWriter() throws InterruptedException {
      reached.await();
    }

    void release() {
      held.countDown();
    }

    @Override
    synchronized void on(String what) throws IOException {
      super.on(what);
      if (!what.startsWith("write ")) {
        return;
      }
      reached.countDown();
      try {
        held.await();
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
      if (full || failures-- > 0) {
        throw new IOException("no space left");
      }
    }
  }
}

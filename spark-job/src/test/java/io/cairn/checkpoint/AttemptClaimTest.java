/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttemptClaimTest {

  private static final int CLAIMERS = 8;
  private static final String S3A = "s3a://bucket/run";

  @TempDir Path temp;

  @Test
  void attemptsAreNumberedOnFromWhatIsKnown() throws IOException {
    assertThat(take(0).attempt()).isEqualTo(1);
    assertThat(take(0).attempt()).isEqualTo(2);
    assertThat(take(6).attempt()).isEqualTo(7);
    assertThat(take(0).attempt()).isEqualTo(8);
    assertThat(temp.resolve("claims/attempt-0007")).content().contains("application_6");
  }

  @RepeatedTest(20)
  void ofManyAtOnceTheNewestHoldsAloneAndEveryOtherIsToldWhoDoes() throws Exception {
    CyclicBarrier together = new CyclicBarrier(CLAIMERS);
    ExecutorService threads = Executors.newFixedThreadPool(CLAIMERS);
    try {
      List<Callable<AttemptClaim>> claimers = new ArrayList<>();
      for (int i = 0; i < CLAIMERS; i++) {
        claimers.add(
            () -> {
              together.await();
              return take(0);
            });
      }
      int holding = 0;
      for (Future<AttemptClaim> claimer : threads.invokeAll(claimers)) {
        try {
          claimer.get().requireNewest();
          holding++;
        } catch (FencedException | ExecutionException e) {
          Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
          assertThat(cause)
              .isInstanceOf(FencedException.class)
              .hasMessageContaining("must stop")
              .hasMessageMatching(".*(claimed by application_|whose claim cannot be read).*");
        }
      }
      assertThat(holding).isEqualTo(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void staleAttemptWritesNothingMore() throws IOException {
    String settings = "{\"seed\": 7}";
    RunStatus running = RunStatus.running("digits", 512, List.of(), 1, 0, 0, Instant.EPOCH);
    CheckpointStore store = CheckpointStore.open(temp.toString(), Map.of(), new Retention(1, 0));
    AttemptClaim stale = take(0);
    RunDirectory run = RunDirectory.open(temp.toString(), Map.of()).under(stale);
    run.begin(settings, running);
    store.save(States.at(100, 1), stale);
    run.createModel(1).close();
    AttemptClaim newer = take(0);

    for (Writing write :
        List.<Writing>of(
            () -> store.save(States.at(200, 1), stale),
            () -> store.newestGood(stale),
            () -> run.writeStatus(running.at(9, 1, Instant.EPOCH)),
            () -> run.publishModel(1),
            () -> run.begin("{}", running))) {
      assertThatThrownBy(write::run)
          .isInstanceOf(FencedException.class)
          .hasMessage(
              "attempt 1 must stop: attempt 2, claimed by application_0 on driver-0 at"
                  + " 2026-03-01T10:00:00Z, has taken over the run");
    }
    assertThat(store.updates()).containsExactly(100L);
    assertThat(temp.resolve("model.zip")).doesNotExist();
    assertThat(temp.resolve("settings.json")).hasContent(settings);
    assertThat(store.newestGood(newer).checkpoint()).isPresent();
  }

  @Test
  void takeoverInTheMiddleOfASaveCommitsNothing() throws IOException {
    for (FileSystemKind.Rename rename : FileSystemKind.Rename.values()) {
      Faults takeover =
          Faults.meanwhile(
              operations -> Faults.last(operations).matches("write.*updater.bin"),
              there -> AttemptClaim.take(there.place(), 0, States.CLAIMANT));
      MemoryFileSystem files = new MemoryFileSystem(rename, takeover);
      CheckpointStore store =
          CheckpointStore.open(files.place(), new Retention(1, 0), Clock.systemUTC());
      AttemptClaim stale = AttemptClaim.take(files.place(), 0, States.CLAIMANT);
      assertThatThrownBy(() -> store.save(States.at(100, 1), stale))
          .isInstanceOf(FencedException.class);
      assertThat(files.files()).noneMatch(name -> name.endsWith("100/manifest.json"));
    }
  }

  /** Each has looked before the other's claim is there. */
  @RepeatedTest(20)
  void ofTwoClaimsOfOneNumberOneHoldsAlsoWhereNothingIsCreatedExclusively() throws IOException {
    List<AttemptClaim> other = new ArrayList<>();
    Faults meanwhile =
        Faults.meanwhile(
            operations -> Faults.last(operations).matches("create.*/attempt-0001-.*"),
            there -> other.add(AttemptClaim.take(there.place(S3A), 0, States.CLAIMANT)));
    MemoryFileSystem files = new MemoryFileSystem(FileSystemKind.Rename.PIECEMEAL, meanwhile);
    boolean thisHolds = true;
    try {
      AttemptClaim.take(files.place(S3A), 0, States.CLAIMANT).requireNewest();
    } catch (FencedException e) {
      thisHolds = false;
      assertThat(e)
          .hasMessageMatching(
              "attempt 1 must stop: at the same moment, attempt 1, claimed by .* began");
    }
    boolean otherHolds = true;
    try {
      other.get(0).requireNewest();
    } catch (FencedException e) {
      otherHolds = false;
    }
    assertThat(thisHolds).isNotEqualTo(otherHolds);
    assertThat(AttemptClaim.take(files.place(S3A), 0, States.CLAIMANT).attempt()).isEqualTo(2);
  }

  @Test
  void claimThatCouldNotBeLookedAtIsTakenBack() throws IOException {
    for (int k = 0; k < 8; k++) {
      Faults faults = Faults.at(Faults.Kind.FAILS, k);
      MemoryFileSystem files = new MemoryFileSystem(FileSystemKind.Rename.PIECEMEAL, faults);
      try {
        AttemptClaim.take(files.place(S3A), 0, States.CLAIMANT);
        assertThat(files.files()).hasSize(1);
      } catch (IOException asAskedFor) {
        assertThat(files.files()).as(faults.operations().get(k)).isEmpty();
      }
    }
  }

  /** A person's hand. */
  @Test
  void whoWasOverwrittenByAClaimOfTheSameNumberIsFenced() throws IOException {
    AttemptClaim first = take(0);
    Path file = temp.resolve("claims/attempt-0001");
    Files.writeString(file, Files.readString(file).replace(first.token(), "another"));
    assertThatThrownBy(first::requireNewest)
        .isInstanceOf(FencedException.class)
        .hasMessageContaining("attempt 1 must stop: its claim file:")
        .hasMessageContaining("is gone or another's (attempt 1, claimed by application_0 on");
  }

  @Test
  void claimHeldInAnotherProcessIsTheSameClaim() throws IOException {
    AttemptClaim taken = take(0);
    AttemptClaim held =
        AttemptClaim.held(temp.toString(), Map.of(), taken.attempt(), taken.token());
    held.requireNewest();
    AttemptClaim forged = AttemptClaim.held(temp.toString(), Map.of(), 1, "guessed");
    assertThatThrownBy(forged::requireNewest).isInstanceOf(FencedException.class);
    take(0);
    assertThatThrownBy(held::requireNewest).isInstanceOf(FencedException.class);
  }

  @Test
  void whatOthersWroteInAClaimIsShownAsOneLineAndNoMore() throws IOException {
    AttemptClaim mine = take(0);
    Files.writeString(
        temp.resolve("claims/attempt-0002"),
        """
        {"attempt":2,"token":"t","host":"h\\nERROR all is lost\\u001b[2J","application":"%s","at":"now"}
        """
            .formatted("a".repeat(10_000)));
    assertThatThrownBy(mine::requireNewest)
        .isInstanceOf(FencedException.class)
        .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(500))
        .hasMessageContaining("h?ERROR all is lost?[2J")
        .hasMessageNotContaining("\n");
    Files.writeString(temp.resolve("claims/attempt-0003"), "\u0000\u0000");
    assertThatThrownBy(mine::requireNewest)
        .hasMessageContaining("attempt 3, whose claim cannot be read (yet), has taken");
    Files.writeString(temp.resolve("claims/attempt-999999999"), "");
    assertThatThrownBy(() -> take(0)).hasMessageContaining("no other can be numbered");
  }

  /** Something that writes. */
  @FunctionalInterface
  private interface Writing {
    void run() throws IOException;
  }

  private AttemptClaim take(int after) throws IOException {
    return AttemptClaim.take(
        temp.toString(),
        Map.of(),
        after,
        new Claimant("driver-" + after, "application_" + after, States.CLAIMANT.at()));
  }
}

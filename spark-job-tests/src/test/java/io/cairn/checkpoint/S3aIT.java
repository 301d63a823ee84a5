/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static io.cairn.checkpoint.SmallRun.NOW;
import static io.cairn.checkpoint.SmallRun.SETTINGS;
import static io.cairn.checkpoint.SmallRun.running;
import static io.cairn.checkpoint.SmallRun.state;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.stores.FaultyNetwork;
import io.cairn.stores.S3Server;
import io.cairn.stores.StoreFault;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checkpoints, claims and the run's other files on a real S3 server, over a bad network. */
@Timeout(120)
class S3aIT {

  private static final String CLAIM = "/claims/attempt-";

  @TempDir static Path temp;
  private static S3Server server;

  private FaultyNetwork network;
  private Map<String, String> hadoop;
  private String name;
  private String output;

  @BeforeAll
  static void startS3() throws Exception {
    server = S3Server.start(temp);
  }

  @AfterAll
  static void stopS3() {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void open(TestInfo test) throws IOException {
    network = FaultyNetwork.to(server);
    hadoop = network.hadoop();
    name = test.getTestMethod().orElseThrow().getName() + "-" + test.getDisplayName().hashCode();
    output = "s3a://" + S3Server.BUCKET + "/" + name;
    // Hadoop keeps file systems by their address, and this test's is another server port.
    FileSystem.closeAll();
  }

  @AfterEach
  void close() throws IOException {
    network.close();
  }

  @Test
  void checkpointsAreSavedFoundAndRetired() throws IOException {
    AttemptClaim claim = take("one");
    CheckpointStore store = store(new Retention(2, 300));
    for (long update = 100; update <= 600; update += 100) {
      store.save(state(update), claim);
    }
    assertThat(store.updates()).containsExactly(300L, 500L, 600L);
    assertThat(store.load(600, state(600).size())).isEqualTo(state(600));
    Path damaged = server.file(name + "/checkpoints/update-000000000600/updater.bin");
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length / 2] ^= 16;
    Files.write(damaged, bytes);
    NewestGood newest = store.newestGood(claim);
    assertThat(newest.checkpoint().orElseThrow().update()).isEqualTo(500);
    assertThat(newest.passedOver())
        .singleElement()
        .asString()
        .contains("updater.bin: its checksum is not the one in its manifest; moved to s3a://");
  }

  /** Each has looked before the other has written: S3A itself lets both succeed. */
  @Test
  void ofTwoThatClaimAtTheSameMomentOneHoldsAndTheOtherIsToldWho() throws Exception {
    CountDownLatch bothHaveLooked = new CountDownLatch(2);
    Set<String> claims = ConcurrentHashMap.newKeySet();
    network.plan(
        request -> {
          if (request.stores(CLAIM)) {
            if (claims.add(request.target())) {
              bothHaveLooked.countDown();
            }
            bothHaveLooked.await();
          }
          return StoreFault.NONE;
        });
    List<AttemptClaim> held = new ArrayList<>();
    List<FencedException> fenced = new ArrayList<>();
    inParallel(List.of("one", "other"), held, fenced);
    network.plan(request -> StoreFault.NONE);
    // Whoever was first may hear of the other only now.
    held.removeIf(claim -> !isNewest(claim, fenced));
    assertThat(held).hasSize(1);
    assertThat(fenced)
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .matches(
            "attempt 1 must stop: at the same moment, attempt 1, claimed by (one|other) on driver"
                + " at 2026-03-01T10:00:00Z, began");
    assertThat(take("next").attempt()).isEqualTo(2);
  }

  private static boolean isNewest(AttemptClaim claim, List<FencedException> fenced) {
    try {
      claim.requireNewest();
      return true;
    } catch (FencedException e) {
      fenced.add(e);
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * One has begun to train before the other's claim, sent long ago, arrives: one of the two holds,
   * the other hears of it at its next look, and it stays so.
   */
  @Test
  void whereAClaimArrivesLateOneHoldsInTheEnd() throws Exception {
    for (int round = 0; round < 6; round++) {
      CountDownLatch isWaiting = new CountDownLatch(1);
      CountDownLatch firstHolds = new CountDownLatch(1);
      network.plan(
          request -> {
            if (request.stores(CLAIM) && request.body().contains("late")) {
              isWaiting.countDown();
              firstHolds.await();
            }
            return StoreFault.NONE;
          });
      ExecutorService thread = Executors.newSingleThreadExecutor();
      try {
        Future<AttemptClaim> late = thread.submit(() -> take("late"));
        isWaiting.await();
        AttemptClaim first = take("first");
        firstHolds.countDown();
        boolean lateHolds = holds(late::get);
        boolean firstStillHolds =
            holds(
                () -> {
                  first.requireNewest();
                  return first;
                });
        assertThat(lateHolds).as("round %d", round).isNotEqualTo(firstStillHolds);
        (lateHolds ? late.get() : first).requireNewest();
      } finally {
        thread.shutdownNow();
      }
    }
  }

  private static boolean holds(Callable<AttemptClaim> looking) throws Exception {
    try {
      looking.call().requireNewest();
      return true;
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(FencedException.class);
      return false;
    } catch (FencedException e) {
      return false;
    }
  }

  /** The first of them is part of the claim. */
  @ParameterizedTest
  @EnumSource(
      value = StoreFault.class,
      names = {"SLOW", "FAILS_500", "BUSY_503", "CUT_REQUEST", "LOST_ANSWER", "CUT_ANSWER"})
  void runsFilesAreWholeWhateverHappensToRequests(StoreFault fault) throws Exception {
    // The client waits longer, the more it is put off.
    long every = fault == StoreFault.SLOW ? 30 : 7;
    network.plan(request -> request.number() % every == 1 ? fault : StoreFault.NONE);
    AttemptClaim claim = take("one");
    RunDirectory run = RunDirectory.open(output, hadoop).under(claim);
    run.begin(SETTINGS, running());
    CheckpointStore store = store(new Retention(1, 0));
    try (MetricsLog log = run.metrics(0, temp)) {
      for (long update = 1; update <= 3; update++) {
        log.append("{\"update\":" + update + "}");
        log.sync();
        store.save(state(update), claim);
      }
    }
    try (OutputStream model = run.createModel(1)) {
      model.write("model".getBytes(StandardCharsets.UTF_8));
    }
    run.publishModel(1);
    claim.requireNewest();
    network.plan(request -> StoreFault.NONE);
    assertThat(store.updates()).containsExactly(3L);
    assertThat(store.load(3, state(3).size())).isEqualTo(state(3));
    assertThat(server.file(name + "/metrics.jsonl"))
        .hasContent("{\"update\":1}\n{\"update\":2}\n{\"update\":3}\n");
    assertThat(server.file(name + "/model.zip")).hasContent("model");
    try (Stream<Path> parts = Files.walk(server.file(name + "/metrics"))) {
      assertThat(parts.filter(Files::isRegularFile)).isEmpty();
    } catch (NoSuchFileException noneIsLeft) {
      // The server takes away empty folders, too.
    }
    assertThat(network.done().get(fault)).isGreaterThan(2);
  }

  @Test
  void whoIsRefusedIsToldSoAtOnceAndGoesOnWithANewKey() throws IOException {
    AttemptClaim claim = take("one");
    RunDirectory run = RunDirectory.open(output, hadoop).under(claim);
    for (StoreFault refusal : List.of(StoreFault.REFUSED_403, StoreFault.EXPIRED_400)) {
      network.plan(request -> refusal);
      assertThatThrownBy(() -> run.writeStatus(running()))
          .isInstanceOf(IOException.class)
          .hasMessageMatching("(?s).*Status Code: 40[03].*");
      network.plan(request -> StoreFault.NONE);
      run.writeStatus(running());
    }
  }

  private void inParallel(List<String> who, List<AttemptClaim> held, List<FencedException> fenced)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(who.size());
    try {
      List<Callable<AttemptClaim>> claimers = new ArrayList<>();
      who.forEach(name -> claimers.add(() -> take(name)));
      for (Future<AttemptClaim> claimer : threads.invokeAll(claimers)) {
        try {
          held.add(claimer.get());
        } catch (ExecutionException e) {
          fenced.add((FencedException) e.getCause());
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private AttemptClaim take(String application) throws IOException {
    return AttemptClaim.take(output, hadoop, 0, new Claimant("driver", application, NOW));
  }

  private CheckpointStore store(Retention retention) throws IOException {
    return CheckpointStore.open(output, hadoop, retention);
  }
}

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

import io.cairn.deploy.HadoopProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints, claims and the run's other files on HDFS. */
class HdfsIT {

  private static final Map<String, String> HADOOP = Map.of("dfs.replication", "2");
  private static final int CLAIMERS = 8;

  @TempDir static Path temp;
  private static HadoopProcess hdfs;

  private String output;
  private FileSystem fileSystem;

  @BeforeAll
  static void startHdfs() throws Exception {
    hdfs = HadoopProcess.start(MiniDfs.class, MiniDfs.READY, temp, temp.resolve("data").toString());
  }

  @AfterAll
  static void stopHdfs() throws Exception {
    hdfs.close();
  }

  @BeforeEach
  void nameOutput(TestInfo test) throws IOException {
    output = hdfs.said() + "/runs/" + test.getTestMethod().orElseThrow().getName();
    fileSystem = path("").getFileSystem(new Configuration());
  }

  @Test
  void checkpointsAreSavedFoundAndRetired() throws IOException {
    AttemptClaim claim = take();
    CheckpointStore store = store(new Retention(2, 300));
    for (long update = 100; update <= 600; update += 100) {
      store.save(state(update), claim);
    }
    assertThat(store.updates()).containsExactly(300L, 500L, 600L);
    assertThat(names("checkpoints"))
        .containsExactly("update-000000000300", "update-000000000500", "update-000000000600");
    NewestGood newest = store.newestGood(claim);
    assertThat(newest.checkpoint().orElseThrow().position()).isEqualTo(state(600).position());
    assertThat(store.load(600, state(600).size())).isEqualTo(state(600));
  }

  @Test
  void damagedCheckpointIsPassedOverAndKept() throws IOException {
    AttemptClaim claim = take();
    CheckpointStore store = store(new Retention(3, 0));
    store.save(state(100), claim);
    store.save(state(200), claim);
    byte[] bytes = read("checkpoints/update-000000000200/updater.bin");
    bytes[bytes.length / 2] ^= 16;
    write("checkpoints/update-000000000200/updater.bin", bytes);
    NewestGood newest = store.newestGood(claim);
    assertThat(newest.checkpoint().orElseThrow().update()).isEqualTo(100);
    assertThat(newest.passedOver())
        .singleElement()
        .asString()
        .contains("updater.bin: its checksum is not the one in its manifest; moved to hdfs://");
    assertThat(read("checkpoints/damaged-update-000000000200/updater.bin")).isEqualTo(bytes);
  }

  /** The name node still thinks that someone writes the file. */
  @Test
  void whatADeadAttemptWasWritingIsCleared() throws IOException {
    AttemptClaim dead = take();
    store(new Retention(3, 0)).save(state(100), dead);
    String aside = "checkpoints/.tmp-update-000000000200-attempt-1-x/parameters.bin";
    try (FileSystem deadClient = FileSystem.newInstance(path("").toUri(), new Configuration());
        FSDataOutputStream open = deadClient.create(path(aside))) {
      open.write(new byte[100_000]);
      open.hflush();
      AttemptClaim next = take();
      CheckpointStore store = store(new Retention(3, 0));
      assertThat(store.newestGood(next).checkpoint().orElseThrow().update()).isEqualTo(100);
      store.save(state(200), next);
      assertThat(names("checkpoints"))
          .containsExactly("update-000000000100", "update-000000000200");
      assertThatThrownBy(() -> store.save(state(300), dead)).isInstanceOf(FencedException.class);
    } catch (IOException fileIsGone) {
      assertThat(fileIsGone).hasMessageContaining(aside);
    }
  }

  @Test
  void ofManyClaimersOneHolds() throws Exception {
    take();
    CyclicBarrier together = new CyclicBarrier(CLAIMERS);
    ExecutorService threads = Executors.newFixedThreadPool(CLAIMERS);
    try {
      List<Callable<AttemptClaim>> claimers = new ArrayList<>();
      for (int i = 0; i < CLAIMERS; i++) {
        claimers.add(
            () -> {
              together.await();
              return take();
            });
      }
      int holding = 0;
      for (Future<AttemptClaim> claimer : threads.invokeAll(claimers)) {
        try {
          claimer.get().requireNewest();
          holding++;
        } catch (FencedException e) {
          assertThat(e).hasMessageContaining("must stop");
        } catch (ExecutionException e) {
          assertThat(e).hasCauseInstanceOf(FencedException.class);
        }
      }
      assertThat(holding).isEqualTo(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void runsFilesAreReplacedWhole() throws IOException {
    RunDirectory run = RunDirectory.open(output, HADOOP);
    assertThat(run.state(SETTINGS)).isInstanceOf(RunState.Empty.class);
    AttemptClaim claim = take();
    assertThat(run.state(SETTINGS)).isInstanceOf(RunState.Empty.class);
    run = run.under(claim);
    run.begin(SETTINGS, running());
    run.writeStatus(running().at(9, 1, NOW));
    assertThat(run.status().orElseThrow().update()).isEqualTo(9);
    for (String content : List.of("model", "better model")) {
      try (OutputStream model = run.createModel(1)) {
        model.write(content.getBytes(StandardCharsets.UTF_8));
      }
      run.publishModel(1);
      assertThat(read("model.zip")).asString(StandardCharsets.UTF_8).isEqualTo(content);
    }
    assertThat(names("")).containsExactly("STATUS.json", "claims", "model.zip", "settings.json");
    assertThat(run.state(SETTINGS)).isInstanceOf(RunState.Unfinished.class);
    take();
    RunDirectory stale = run;
    assertThatThrownBy(() -> stale.writeStatus(running())).isInstanceOf(FencedException.class);
    assertThatThrownBy(() -> stale.metrics(0, temp)).isInstanceOf(FencedException.class);
  }

  @Test
  void metricsGoOnAfterAnAttemptThatDiedWithoutGapOrRepeat() throws IOException {
    RunDirectory run = RunDirectory.open(output, HADOOP);
    run.begin(SETTINGS, running());
    // Never closed before the other begins: its process is dead as far as HDFS can tell.
    try (MetricsLog dead = run.metrics(0, temp)) {
      for (int update = 1; update <= 5; update++) {
        dead.append("{\"update\":" + update + "}");
      }
      dead.sync();
      assertThat(metrics()).hasSize(5);
      try (MetricsLog next = run.metrics(3, temp)) {
        assertThat(metrics()).containsExactly(line(1, ""), line(2, ""), line(3, ""));
        next.append(line(4, ",\"again\":true"));
        next.sync();
        assertThat(metrics())
            .containsExactly(line(1, ""), line(2, ""), line(3, ""), line(4, ",\"again\":true"));
        // What the dead one still has to say reaches nobody.
        assertThatThrownBy(
                () -> {
                  dead.append("{\"update\":6}");
                  dead.sync();
                  dead.close();
                })
            .isInstanceOf(IOException.class);
        next.append(line(5, ""));
      }
    } catch (IOException fileIsGone) {
      assertThat(fileIsGone).hasMessageContaining("metrics.jsonl");
    }
    assertThat(metrics())
        .containsExactly(
            line(1, ""), line(2, ""), line(3, ""), line(4, ",\"again\":true"), line(5, ""));
    assertThat(names("")).containsExactly("STATUS.json", "metrics.jsonl", "settings.json");
  }

  private static String line(int update, String more) {
    return "{\"update\":" + update + more + "}";
  }

  private List<String> metrics() throws IOException {
    return new String(read("metrics.jsonl"), StandardCharsets.UTF_8).lines().toList();
  }

  private AttemptClaim take() throws IOException {
    return AttemptClaim.take(output, HADOOP, 0, new Claimant("driver", "application", NOW));
  }

  private CheckpointStore store(Retention retention) throws IOException {
    return CheckpointStore.open(output, HADOOP, retention);
  }

  private org.apache.hadoop.fs.Path path(String name) {
    return new org.apache.hadoop.fs.Path(name.isEmpty() ? output : output + "/" + name);
  }

  private List<String> names(String directory) throws IOException {
    return Arrays.stream(fileSystem.listStatus(path(directory)))
        .map(FileStatus::getPath)
        .map(org.apache.hadoop.fs.Path::getName)
        .sorted()
        .toList();
  }

  private byte[] read(String name) throws IOException {
    try (FSDataInputStream in = fileSystem.open(path(name))) {
      return in.readAllBytes();
    }
  }

  private void write(String name, byte[] bytes) throws IOException {
    try (FSDataOutputStream out = fileSystem.create(path(name), true)) {
      out.write(bytes);
    }
  }
}

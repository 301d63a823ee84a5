/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run's files promise holds when the machine loses power, names included. */
class PowerLossTest {

  private static final String NAME = "metrics.jsonl";

  @TempDir Path temp;

  private static MemoryFileSystem disk(String root) {
    return new MemoryFileSystem(
        FileSystemKind.Rename.ATOMIC,
        root.startsWith("file:")
            ? MemoryFileSystem.Names.WHEN_SYNCED
            : MemoryFileSystem.Names.AT_ONCE,
        Faults.none());
  }

  private static MetricsLog open(MemoryFileSystem disk, String root, long keepThroughUpdate)
      throws IOException {
    WholeFiles files = new WholeFiles(disk.place(root));
    files.directory().make();
    Path unused = Path.of("unused");
    return MetricsLog.open(
        new MetricsLog.Home(files, NAME, Optional.empty(), unused), keepThroughUpdate, () -> 0);
  }

  private static String line(long update) {
    return "{\"update\":" + update + ",\"loss\":0.5}";
  }

  private static List<String> lines(MemoryFileSystem disk) {
    assertThat(disk.files()).contains("/run/" + NAME);
    return new String(disk.content("/run/" + NAME), StandardCharsets.UTF_8).lines().toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:/run", "hdfs://name/run"})
  void linesThroughTheLastSyncAreThereAndThoseOfTheAttemptsBefore(String root) throws IOException {
    MemoryFileSystem disk = disk(root);
    MetricsLog first = open(disk, root, 0);
    first.append(line(1));
    first.append(line(2));
    first.sync();
    first.append(line(3));
    MemoryFileSystem found = disk.afterPowerLoss();
    assertThat(lines(found)).containsExactly(line(1), line(2));

    MetricsLog second = open(found, root, 2);
    second.append(line(3));
    assertThat(lines(found.afterPowerLoss())).containsExactly(line(1), line(2));
  }

  @Test
  void aFileThatWasReplacedIsOldOrNewAndWholeAndNewOnceThatIsDone() throws IOException {
    for (long k = 0; ; k++) {
      MemoryFileSystem disk =
          new MemoryFileSystem(
              FileSystemKind.Rename.ATOMIC,
              MemoryFileSystem.Names.WHEN_SYNCED,
              Faults.at(Faults.Kind.PROCESS_DIES, k));
      WholeFiles files = new WholeFiles(disk.place("file:/run"));
      String promised = "";
      boolean died = false;
      try {
        files.directory().make();
        for (String text : List.of("first", "second")) {
          files.replace("STATUS.json", text);
          promised = text;
        }
      } catch (Faults.ProcessDied asAskedFor) {
        died = true;
      }
      MemoryFileSystem found = disk.afterPowerLoss();
      String there =
          found.files().contains("/run/STATUS.json")
              ? new String(found.content("/run/STATUS.json"), StandardCharsets.UTF_8)
              : "";
      assertThat(there)
          .as("operation %d", k)
          .isIn(promised, promised.isEmpty() ? "first" : "second");
      if (!died) {
        return;
      }
    }
  }

  @Test
  void aClaimIsSafeWhenItIsTaken() throws IOException {
    MemoryFileSystem disk = disk("file:/run");
    assertThat(AttemptClaim.take(disk.place(), 0, States.CLAIMANT).attempt()).isEqualTo(1);
    MemoryFileSystem found = disk.afterPowerLoss();
    assertThat(AttemptClaim.take(found.place(), 0, States.CLAIMANT).attempt()).isEqualTo(2);
  }

  @Test
  void aModelIsSafeWhenItIsWritten() throws IOException {
    MemoryFileSystem disk = disk("file:/run");
    WholeFiles files = new WholeFiles(disk.place("file:/run"));
    files.directory().make();
    try (OutputStream model = files.directory().createSafe("aside")) {
      model.write("weights".getBytes(StandardCharsets.UTF_8));
    }
    files.directory().renameOver("aside", "model.zip");
    assertThat(disk.afterPowerLoss().content("/run/model.zip")).hasSize(7);
  }

  /** A checkpoint that counts on it may follow at once. */
  @Test
  void theBestStateSoFarIsSafeWhenItIsSaved() throws IOException {
    MemoryFileSystem disk = disk("file:/run");
    AttemptClaim claim = AttemptClaim.take(disk.place(), 0, States.CLAIMANT);
    BestStates.open(disk.place()).save(States.at(7, 1), claim);
    BestStates found = BestStates.open(disk.afterPowerLoss().place());
    assertThat(found.updates()).containsExactly(7L);
    TrainingState read = States.at(8, 1);
    found.load(7, read.size(), read.parameters(), read.updater());
    assertThat(read.parameters()).isEqualTo(States.at(7, 1).parameters());
  }

  /** The JVM itself says what it brings to disk. */
  @Test
  void onALocalDiskTheDirectoriesOfACheckpointAreBroughtToDisk() throws Exception {
    Path file = temp.resolve("events.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("jdk.FileForce").withoutThreshold();
      recording.start();
      RunFileSystem place = RunFileSystem.of(temp.resolve("run").toString(), Map.of());
      AttemptClaim claim = AttemptClaim.take(place, 0, States.CLAIMANT);
      CheckpointStore.open(place, new Retention(1, 0), Clock.systemUTC())
          .save(States.at(100, 1), claim);
      recording.stop();
      recording.dump(file);
    }
    List<String> forced =
        RecordingFile.readAllEvents(file).stream()
            .map(PowerLossTest::path)
            .map(path -> path.replaceFirst("/\\.tmp-update-.*", "/aside"))
            .toList();
    String run = temp.resolve("run").toString();
    assertThat(forced)
        .contains(temp.toString(), run, run + "/claims")
        .endsWith(run + "/checkpoints/aside", run + "/checkpoints", run);
  }

  private static String path(RecordedEvent event) {
    return event.getString("path");
  }
}

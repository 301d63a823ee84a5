/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.settings.SettingsDifference;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

  private static final String SETTINGS =
      """
      {"name": "digits", "seed": 7, "train": {"epochs": 5}, "data": {"scale": "standard"},
       "batch": {"workers": 2}, "plan": {"workers": 2, "micro": 32, "effective": 512}}
      """;
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

  @TempDir Path temp;

  @Test
  void absentAndEmptyDirectoriesAreFreeAndStayUntouched() throws IOException {
    assertThat(open("absent").state(SETTINGS)).isInstanceOf(RunState.Empty.class);
    assertThat(temp.resolve("absent")).doesNotExist();
    Files.createDirectory(temp.resolve("empty"));
    assertThat(open("empty").state(SETTINGS)).isInstanceOf(RunState.Empty.class);
  }

  @Test
  void begunRunIsUnfinishedAndFinishedOnlyWithItsModel() throws IOException {
    RunDirectory run = begun("run");
    assertThat(run.state(SETTINGS))
        .isInstanceOfSatisfying(
            RunState.Unfinished.class,
            unfinished ->
                assertThat(unfinished.last().orElseThrow().state())
                    .isEqualTo(RunStatus.State.RUNNING));

    RunStatus done = running().at(35, 5, NOW).ended(RunStatus.State.SUCCEEDED, 0, "", NOW);
    run.writeStatus(done);
    assertThat(run.state(SETTINGS)).isInstanceOf(RunState.Unfinished.class);

    writeModel(run, "the model");
    run.publishModel(1);
    assertThat(run.state(SETTINGS)).isEqualTo(new RunState.Finished(done));
    assertThat(temp.resolve("run/model.zip")).hasContent("the model");
  }

  /** One that has made all updates has nothing left to do, whatever its limit is. */
  @Test
  void aRunThatItsTimeHasEndedGoesOnOnlyWithMoreOfIt() throws IOException {
    String limited = SETTINGS.replace("\"epochs\": 5", "\"epochs\": 5, \"max-time\": \"60000ms\"");
    RunDirectory run = begun("run", limited);
    writeModel(run, "the model");
    run.publishModel(1);
    run.writeStatus(running().at(35, 5, NOW).ended(RunStatus.State.SUCCEEDED, 0, "", NOW));
    assertThat(run.state(SETTINGS)).isInstanceOf(RunState.Finished.class);
    assertThat(run.state(limited.replace("60000ms", "2h"))).isInstanceOf(RunState.Finished.class);

    run.writeStatus(
        running().at(20, 3, NOW).ended(RunStatus.State.SUCCEEDED, 0, "train.max-time", NOW));
    assertThat(run.state(limited)).isInstanceOf(RunState.Finished.class);
    assertThat(run.state(limited.replace("60000ms", "1s"))).isInstanceOf(RunState.Finished.class);
    assertThat(run.state(limited.replace("60000ms", "2h"))).isInstanceOf(RunState.Unfinished.class);
    assertThat(run.state(SETTINGS)).isInstanceOf(RunState.Unfinished.class);
  }

  /** Wherever the driver dies meanwhile, the same command goes on. */
  @Test
  void aLiftedLimitIsNotLostWithTheDriverThatBegins() throws IOException {
    String limited = SETTINGS.replace("\"epochs\": 5", "\"epochs\": 5, \"max-time\": \"60000ms\"");
    String longer = limited.replace("60000ms", "2h");
    boolean died = true;
    for (int operation = 0; died; operation++) {
      MemoryFileSystem before =
          new MemoryFileSystem(
              FileSystemKind.Rename.ATOMIC, MemoryFileSystem.Names.WHEN_SYNCED, Faults.none());
      RunDirectory ended = on(before);
      ended.begin(limited, running());
      writeModel(ended, "the model");
      ended.publishModel(1);
      ended.writeStatus(
          running().at(20, 3, NOW).ended(RunStatus.State.SUCCEEDED, 0, "train.max-time", NOW));
      assertThat(ended.state(longer)).isInstanceOf(RunState.Unfinished.class);
      before.faults().dieAfter(operation);
      died = false;
      try {
        ended.begin(longer, running());
      } catch (Faults.ProcessDied e) {
        died = true;
      }
      assertThat(on(before.afterProcessDeath()).state(longer))
          .as("after %d operations", operation)
          .isInstanceOf(RunState.Unfinished.class);
    }
  }

  private static RunDirectory on(MemoryFileSystem disk) {
    return new RunDirectory(new WholeFiles(disk.place("file:/run")), Optional.empty());
  }

  @Test
  void otherSettingsAreAnotherRunAndTheDifferenceIsNamed() throws IOException {
    RunDirectory run = begun("run");
    String other =
        SETTINGS
            .replace("\"seed\": 7", "\"seed\": 8")
            .replace("512", "1024")
            .replace("\"standard\"", "\"none\"");
    assertThat(run.state(other))
        .isInstanceOfSatisfying(
            RunState.Different.class,
            different ->
                assertThat(different.differences())
                    .extracting(SettingsDifference::toString)
                    .containsExactly(
                        "data.scale was \"standard\", is now \"none\"",
                        "plan.effective was 512, is now 1024",
                        "seed was 7, is now 8"));
  }

  /** Of an unfinished run the checkpoints tell which epochs have begun. */
  @Test
  void aFinishedRunHadTheEffectiveBatchesOfItsEpochs() throws IOException {
    RunDirectory run = begun("run");
    String stages = "\"effective\": 512, \"stages\": [{\"from-epoch\": %d, \"effective\": 64}]";
    String fourth = SETTINGS.replace("\"effective\": 512", stages.formatted(4));
    String sixth = SETTINGS.replace("\"effective\": 512", stages.formatted(6));
    assertThat(run.state(fourth)).isInstanceOf(RunState.Unfinished.class);
    run.writeStatus(running().at(35, 5, NOW).ended(RunStatus.State.SUCCEEDED, 0, "", NOW));
    writeModel(run, "the model");
    run.publishModel(1);
    assertThat(run.state(fourth))
        .isInstanceOfSatisfying(
            RunState.Different.class,
            different ->
                assertThat(different.differences())
                    .singleElement()
                    .hasToString(
                        "batch.schedule was an effective batch of 512 in epoch 4, is now an effective batch of 64 in epoch 4"));
    assertThat(run.state(sixth)).isInstanceOf(RunState.Finished.class);
    assertThat(run.state(sixth.replace("\"epochs\": 5", "\"epochs\": 7")))
        .isInstanceOf(RunState.Unfinished.class);
  }

  @Test
  void roundingGradientSumsIsAnotherRun() throws IOException {
    String precision = "\"batch\": {\"workers\": 2}, \"collective\": {\"precision\": \"%s\"}";
    String exact = SETTINGS.replace("\"batch\": {\"workers\": 2}", precision.formatted("exact"));
    RunDirectory run = begun("run", exact);
    assertThat(run.state(exact.replace("exact", "bf16")))
        .isEqualTo(
            new RunState.Different(
                List.of(new SettingsDifference("collective.precision", "\"exact\"", "\"bf16\""))));
  }

  @Test
  void howARunIsExecutedMayChangeAndItMayGrowButNotShrink() throws IOException {
    RunDirectory run = begun("run");
    String moved =
        SETTINGS
            .replace("\"digits\"", "\"renamed\"")
            .replace("\"batch\": {\"workers\": 2}", "\"collective\": {\"timeout\": \"9s\"}");
    assertThat(run.state(moved)).isInstanceOf(RunState.Unfinished.class);
    assertThat(run.state(SETTINGS.replace("\"epochs\": 5", "\"epochs\": 6")))
        .isInstanceOf(RunState.Unfinished.class);
    assertThat(
            run.state(SETTINGS.replace("\"epochs\": 5", "\"epochs\": 5, \"self-check\": \"off\"")))
        .isInstanceOf(RunState.Unfinished.class);
    assertThat(run.state(SETTINGS.replace("\"epochs\": 5", "\"epochs\": 4")))
        .isEqualTo(
            new RunState.Different(List.of(new SettingsDifference("train.epochs", "5", "4"))));
  }

  @Test
  void finishedRunThatIsAskedForMoreEpochsIsUnfinished() throws IOException {
    RunDirectory run = begun("run");
    writeModel(run, "m");
    run.publishModel(1);
    run.writeStatus(running().ended(RunStatus.State.SUCCEEDED, 0, "", NOW));
    assertThat(run.state(SETTINGS.replace("\"epochs\": 5", "\"epochs\": 6")))
        .isInstanceOf(RunState.Unfinished.class);
  }

  @Test
  void filesThatAreNoRunAreNamed() throws IOException {
    Files.createDirectory(temp.resolve("photos"));
    Files.writeString(temp.resolve("photos/a.jpg"), "");
    assertThat(open("photos").state(SETTINGS))
        .isEqualTo(new RunState.Foreign("it holds a.jpg but no settings.json"));
    Files.writeString(temp.resolve("file"), "");
    assertThat(open("file").state(SETTINGS))
        .isEqualTo(new RunState.Foreign("it is a file, not a directory"));
    Files.createDirectory(temp.resolve("torn"));
    Files.writeString(temp.resolve("torn/settings.json"), "{\"seed\": ");
    assertThat(open("torn").state(SETTINGS))
        .isInstanceOfSatisfying(
            RunState.Foreign.class,
            foreign -> assertThat(foreign.found()).startsWith("its settings.json is no run's"));
  }

  @Test
  void statusReadsBackAsWritten() throws IOException {
    RunDirectory run = begun("run");
    RunStatus failed = running().at(12, 2, NOW).ended(RunStatus.State.FAILED, 1, "why", NOW);
    run.writeStatus(failed);
    assertThat(run.status()).contains(failed);
    assertThat(temp.resolve("run/STATUS.json")).content().contains("\"exitCode\" : 1");
  }

  @Test
  void interruptedWritesLeaveNothingThatCountsAndAreClearedByTheNextAttempt() throws IOException {
    RunDirectory run = open("run");
    Files.createDirectory(temp.resolve("run"));
    writeModel(run, "half a mod");
    assertThat(run.state(SETTINGS)).isInstanceOf(RunState.Empty.class);
    run.begin(SETTINGS, running());
    try (Stream<Path> files = Files.list(temp.resolve("run"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("settings.json", "STATUS.json");
    }
    assertThatThrownBy(() -> run.publishModel(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("attempt 1 wrote no model");
  }

  @Test
  void metricsLinesAreThereAtOnceAndLaterUpdatesAreDroppedOnGoingOn() throws IOException {
    RunDirectory run = begun("run");
    Path file = temp.resolve("run/metrics.jsonl");
    try (MetricsLog log = run.metrics(0, temp)) {
      log.append("{\"update\":1}");
      assertThat(file).hasContent("{\"update\":1}\n");
      log.append("{\"update\":2}");
      log.append("{\"update\":3}");
      assertThatThrownBy(() -> log.append("{\n}")).hasMessageContaining("line break");
    }
    Files.writeString(file, Files.readString(file) + "{\"upd");
    try (MetricsLog log = run.metrics(2, temp)) {
      log.append("{\"update\":3,\"again\":true}");
    }
    assertThat(file).hasContent("{\"update\":1}\n{\"update\":2}\n{\"update\":3,\"again\":true}\n");
    run.metrics(0, temp).close();
    assertThat(file).isEmptyFile();
  }

  /** Where a file is seen only when it is closed, and a directory moves file by file. */
  @Test
  void metricsThroughTheLastSyncOutliveTheProcessOnAnyFileSystem() throws IOException {
    for (FileSystemKind.Rename rename : FileSystemKind.Rename.values()) {
      MemoryFileSystem disk = new MemoryFileSystem(rename, Faults.none());
      MetricsLog killed = metrics(disk, 0);
      for (int update = 1; update <= 4; update++) {
        killed.append("{\"update\":" + update + "}");
        if (update == 3) {
          killed.sync();
        }
      }
      MemoryFileSystem found = disk.afterPowerLoss();
      try (MetricsLog next = metrics(found, 3)) {
        next.append("{\"update\":4,\"again\":true}");
      }
      assertThat(new String(found.content("/run/metrics.jsonl"), StandardCharsets.UTF_8))
          .isEqualTo(
              "{\"update\":1}\n{\"update\":2}\n{\"update\":3}\n{\"update\":4,\"again\":true}\n");
    }
  }

  @Test
  void statusThatIsEndlessIsNoStatus() throws IOException {
    RunDirectory run = begun("run");
    try (RandomAccessFile status =
        new RandomAccessFile(temp.resolve("run/STATUS.json").toFile(), "rw")) {
      status.setLength(1L << 40);
    }
    assertThat(run.status()).isEmpty();
  }

  @Test
  void statusThatIsNoneIsNone() throws IOException {
    RunDirectory run = begun("run");
    for (String text : List.of("", "[", "{\"state\":\"WON\"}", "[".repeat(100_000), "\u0000")) {
      Files.writeString(temp.resolve("run/STATUS.json"), text);
      assertThat(run.status()).isEmpty();
      assertThat(run.state(SETTINGS)).isInstanceOf(RunState.Unfinished.class);
    }
  }

  private MetricsLog metrics(MemoryFileSystem disk, long through) throws IOException {
    WholeFiles files = new WholeFiles(disk.place());
    return MetricsLog.open(
        new MetricsLog.Home(files, "metrics.jsonl", Optional.empty(), temp), through, () -> 0);
  }

  private RunDirectory open(String name) throws IOException {
    return RunDirectory.open(temp.resolve(name).toString(), Map.of());
  }

  private RunDirectory begun(String name) throws IOException {
    return begun(name, SETTINGS);
  }

  private RunDirectory begun(String name, String settings) throws IOException {
    RunDirectory run = open(name);
    run.begin(settings, running());
    return run;
  }

  private static RunStatus running() {
    return RunStatus.running("digits", 512, List.of(), 1, 0, 0, NOW);
  }

  private static void writeModel(RunDirectory run, String content) throws IOException {
    try (OutputStream out = run.createModel(1)) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    }
  }
}

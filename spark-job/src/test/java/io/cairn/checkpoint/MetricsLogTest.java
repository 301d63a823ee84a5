/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No line up to a checkpoint is lost, and none is there twice, wherever the log is kept. */
class MetricsLogTest {

  private static final String NAME = "metrics.jsonl";

  @TempDir Path temp;

  private static String line(long update) {
    return "{\"update\":" + update + ",\"loss\":0.5}";
  }

  private MetricsLog open(MemoryFileSystem files, long keepThroughUpdate) throws IOException {
    return open(new WholeFiles(files.place()), keepThroughUpdate);
  }

  private MetricsLog open(WholeFiles files, long keepThroughUpdate) throws IOException {
    return MetricsLog.open(
        new MetricsLog.Home(files, NAME, Optional.empty(), temp), keepThroughUpdate, () -> 0);
  }

  private static String content(MemoryFileSystem files) {
    return new String(files.content("/run/" + NAME), StandardCharsets.UTF_8);
  }

  @Test
  void whereOpenFilesAreNotSeenAllLinesAreSafeAtEachSyncAndAtTheEnd() throws IOException {
    MemoryFileSystem files = new MemoryFileSystem(FileSystemKind.Rename.PIECEMEAL, Faults.none());
    MetricsLog log = open(files, 0);
    log.append(line(1));
    log.append(line(2));
    log.sync();
    log.append(line(3));
    MemoryFileSystem found = files.afterPowerLoss();
    assertThat(content(found)).isEqualTo(line(1) + "\n" + line(2) + "\n");
    log.close();
    assertThat(content(files)).isEqualTo(line(1) + "\n" + line(2) + "\n" + line(3) + "\n");
  }

  @Test
  void nextAttemptGoesOnAfterTheLinesOfItsCheckpointThereToo() throws IOException {
    MemoryFileSystem files = new MemoryFileSystem(FileSystemKind.Rename.PIECEMEAL, Faults.none());
    try (MetricsLog log = open(files, 0)) {
      log.append(line(1));
      log.append(line(2));
    }
    try (MetricsLog log = open(files, 1)) {
      log.append("{\"update\":2,\"loss\":0.5}");
      log.append("{\"update\":2,\"validation\":{}}");
    }
    assertThat(content(files))
        .isEqualTo(line(1) + "\n" + line(2) + "\n{\"update\":2,\"validation\":{}}\n");
    try (MetricsLog log = open(files, 2)) {
      log.append(line(3));
    }
    assertThat(content(files)).endsWith("{\"update\":2,\"validation\":{}}\n" + line(3) + "\n");
  }

  @Test
  void whoLostTheRunWritesToAFileThatNobodySees() throws IOException {
    WholeFiles files = new WholeFiles(RunFileSystem.of(temp.toString(), Map.of()));
    MetricsLog lost = open(files, 0);
    lost.append(line(1));
    lost.append(line(2));
    try (MetricsLog newer = open(files, 1)) {
      lost.append(line(3));
      newer.append(line(2));
      lost.sync();
    }
    lost.close();
    assertThat(temp.resolve(NAME)).hasContent(line(1) + "\n" + line(2) + "\n");
    assertThat(files.names()).containsExactly(NAME);
  }

  @Test
  void nothingIsLeftOnThisMachineNeitherAtTheEndNorWhereItCannotBegin() throws IOException {
    MemoryFileSystem files = new MemoryFileSystem(FileSystemKind.Rename.PIECEMEAL, Faults.none());
    open(files, 0).close();
    assertThat(temp).isEmptyDirectory();
    int operations = files.faults().operations().size();
    int failed = 0;
    for (int k = 0; k < operations; k++) {
      MemoryFileSystem broken =
          new MemoryFileSystem(FileSystemKind.Rename.PIECEMEAL, Faults.at(Faults.Kind.FAILS, k));
      try (MetricsLog log = open(broken, 0)) {
        log.append(line(1));
      } catch (IOException asAskedFor) {
        failed++;
      }
      assertThat(temp).as(broken.faults().operations().get(k)).isEmptyDirectory();
    }
    assertThat(failed).isPositive();
  }
}

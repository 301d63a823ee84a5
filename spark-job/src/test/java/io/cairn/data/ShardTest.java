/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ShardTest {
  private static final int MAPPING_BYTES = 1 << 30;

  @TempDir Path directory;

  @Test
  void recordsComeBackFromSeveralMappings() {
    try (Shard shard =
        Shard.stage(Records.numbered(0, 1000), Records.NUMBERED, Scaling.none(), directory, 25)) {
      assertThat(shard.size()).isEqualTo(1000);
      for (int i = 0; i < 1000; i++) {
        assertThat(shard.mapping(i).getFloat(shard.offset(i))).isEqualTo(i);
        assertThat(shard.mapping(i).getFloat(shard.offset(i) + 4)).isEqualTo(-i);
      }
    }
  }

  @Test
  void nothingIsLeftInTheDirectoryWhileTheShardIsInUse() throws IOException {
    try (Shard shard =
        Shard.stage(Records.numbered(0, 10), Records.NUMBERED, Scaling.none(), directory)) {
      assertThat(shard.mapping(9).getFloat(shard.offset(9))).isEqualTo(9);
      assertThat(filesLeft()).isEmpty();
    }
  }

  @Test
  void nothingIsLeftInTheDirectoryWhenTheRecordsFail() throws IOException {
    Iterator<byte[]> failing =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            throw new IllegalStateException("fetch failed");
          }

          @Override
          public byte[] next() {
            throw new AssertionError();
          }
        };
    assertThatThrownBy(() -> Shard.stage(failing, Records.NUMBERED, Scaling.none(), directory))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("fetch failed");
    assertThat(filesLeft()).isEmpty();
  }

  @Test
  void inputsAreScaledAndOutputsAreNot() {
    Scaling scaling =
        Scaling.fitted(
            Scaling.Method.STANDARD,
            List.of(
                new Scaling.Statistics(List.of(10.0), List.of(4.0), List.of(0.0), List.of(20.0))));
    try (Shard shard = Shard.stage(Records.numbered(12, 1), Records.NUMBERED, scaling, directory)) {
      assertThat(shard.mapping(0).getFloat(0)).isEqualTo(0.5f);
      assertThat(shard.mapping(0).getFloat(4)).isEqualTo(-12f);
    }
  }

  @Test
  void anEmptyShardIsAShard() {
    try (Shard shard =
        Shard.stage(Records.numbered(0, 0), Records.NUMBERED, Scaling.none(), directory)) {
      assertThat(shard.size()).isZero();
    }
  }

  @Test
  void aMissingDirectoryIsMade() {
    try (Shard shard =
        Shard.stage(
            Records.numbered(0, 1), Records.NUMBERED, Scaling.none(), directory.resolve("a/b"))) {
      assertThat(shard.size()).isEqualTo(1);
    }
  }

  @Test
  void anUnusableDirectoryIsNamed() throws IOException {
    Path file = Files.createFile(directory.resolve("occupied"));
    assertThatThrownBy(
            () -> Shard.stage(Records.numbered(0, 1), Records.NUMBERED, Scaling.none(), file))
        .isInstanceOf(StagingException.class)
        .hasMessageStartingWith("cannot stage the shard in " + file + ": ")
        .hasMessageContaining("FileAlreadyExists");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsNamedWithWhatTheShardNeeds() throws IOException {
    try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
      assertThatThrownBy(
              () ->
                  Shard.write(
                      Records.numbered(0, 5),
                      Records.NUMBERED,
                      new RecordScaler(Records.NUMBERED, Scaling.none()),
                      full,
                      directory))
          .isInstanceOf(StagingException.class)
          .hasMessageStartingWith(
              "cannot stage the shard in " + directory + ": No space left on device, after 0 bytes")
          .hasMessageEndingWith("a shard needs its examples x 8 bytes");
    }
  }

  @Test
  void aRecordOfAnotherLayoutIsRefused() {
    assertThatThrownBy(
            () ->
                Shard.stage(
                    List.of(new byte[7]).iterator(), Records.NUMBERED, Scaling.none(), directory))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a record of 7 bytes, where the layout has 8");
  }

  @Test
  void aClosedShardRefusesToBeReadInsteadOfCrashing() {
    Shard shard =
        Shard.stage(
            Records.numbered(0, 1), Records.NUMBERED, Scaling.none(), directory, MAPPING_BYTES);
    shard.close();
    shard.close();
    assertThatThrownBy(() -> shard.mapping(0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the shard is closed");
  }

  private List<Path> filesLeft() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that neighbours share: found only if it is the right one, gone as soon as it can be. */
class SharedFileTest {

  private static final byte[] NAME = "name of 16 bytes".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NONCE = "seen and mapped!".getBytes(StandardCharsets.US_ASCII);

  @TempDir Path place;
  private Path path;

  @BeforeEach
  void path() {
    path = SharedFile.path(place, NAME);
  }

  @Test
  void bothSidesHaveTheSameMemoryAndNothingIsLeftOfIt() throws IOException {
    int before = mappings();
    try (SharedFile mine = SharedFile.create(place, NAME, NONCE);
        SharedFile theirs = SharedFile.open(place, NAME, NONCE)) {
      assertThat(Files.getPosixFilePermissions(path))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      mine.unlink();
      assertThat(place).isEmptyDirectory();
      SpscByteRing.Writer writer = mine.forwardWriter();
      writer.room(3).put(new byte[] {7, 8, 9});
      writer.written(3);
      assertThat(theirs.forwardReader().peek(10).get(2)).isEqualTo((byte) 9);
      SpscByteRing.Writer back = theirs.backWriter();
      back.room(1).put((byte) 1);
      back.written(1);
      assertThat(mine.backReader().peek(10).remaining()).isEqualTo(1);
      assertThat(mappings()).isEqualTo(before + 2);
    }
    assertThat(mappings()).isEqualTo(before);
  }

  @Test
  void aFileThatWasNeverSharedIsRemoved() throws IOException {
    SharedFile.create(place, NAME, NONCE).close();
    assertThat(place).isEmptyDirectory();
  }

  @Test
  void allOfItHasRoomOnTheDisk() throws IOException {
    try (SharedFile file = SharedFile.create(place, NAME, NONCE)) {
      Process stat = new ProcessBuilder("stat", "-c", "%b %B", file.path().toString()).start();
      String[] blocks =
          new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
              .strip()
              .split(" ");
      assertThat(Long.parseLong(blocks[0]) * Long.parseLong(blocks[1]))
          .isGreaterThanOrEqualTo(SharedFile.SIZE_BYTES);
    }
  }

  @Test
  void anotherNonceIsAnotherFile() throws IOException {
    try (SharedFile file = SharedFile.create(place, NAME, NONCE)) {
      assertThat(file.path()).isEqualTo(path);
      assertThatThrownBy(() -> SharedFile.open(place, NAME, NAME))
          .isInstanceOf(IOException.class)
          .hasMessage(path + " is another file");
    }
  }

  @Test
  void aLinkIsNotFollowed() throws IOException {
    try (SharedFile file =
        SharedFile.create(Files.createDirectory(place.resolve("a")), NAME, NONCE)) {
      Files.createSymbolicLink(path, file.path());
      assertRefused();
      Files.delete(path);
      Files.createLink(path, file.path());
      assertRefused();
    }
  }

  @Test
  void aFileThatOthersCanOpenIsRefused() throws IOException {
    try (SharedFile file = SharedFile.create(place, NAME, NONCE)) {
      Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-r-----"));
      assertRefused();
    }
  }

  @Test
  void aDirectoryOrNothingIsRefused() throws IOException {
    assertThatThrownBy(() -> SharedFile.open(place, NAME, NONCE)).isInstanceOf(IOException.class);
    Files.createDirectory(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    assertRefused();
  }

  @Test
  void aFileOfAnotherSizeIsRefused() throws IOException {
    try (SharedFile file = SharedFile.create(place, NAME, NONCE);
        RandomAccessFile content = new RandomAccessFile(file.path().toFile(), "rw")) {
      content.setLength(SharedFile.SIZE_BYTES + 1L);
      assertThatThrownBy(() -> SharedFile.open(place, NAME, NONCE))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("bytes, not " + SharedFile.SIZE_BYTES);
    }
  }

  @Test
  void aNameThatIsTakenIsNotOverwritten() throws IOException {
    Files.writeString(path, "mine");
    assertThatThrownBy(() -> SharedFile.create(place, NAME, NONCE)).isInstanceOf(IOException.class);
    assertThat(path).hasContent("mine");
  }

  private void assertRefused() {
    assertThatThrownBy(() -> SharedFile.open(place, NAME, NONCE))
        .isInstanceOf(IOException.class)
        .hasMessage(path + " is not a file that a rank of this user has made");
  }

  private int mappings() throws IOException {
    return SharedMapping.in(place).size();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.RandomAccessFile;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checkpoints made by someone who knows the format, checksums included: refused, saying which file
 * and why, before anything is done with what they say.
 */
class HostileCheckpointTest {

  @TempDir Path temp;
  private CheckpointStore store;
  private AttemptClaim claim;
  private Path directory;

  @BeforeEach
  void saveOne() throws IOException {
    store = CheckpointStore.open(temp.toString(), Map.of(), new Retention(3, 0));
    claim = AttemptClaim.take(temp.toString(), Map.of(), 0, States.CLAIMANT);
    store.save(States.at(100, 1), claim);
    directory = temp.resolve("checkpoints/update-000000000100");
  }

  @Test
  void filesOutsideTheCheckpointAreNotRead() throws IOException {
    Files.writeString(temp.resolve("secret"), "x");
    for (String name :
        List.of("../secret", "/etc/passwd", "parameters.bin/../../x", "", "PARAMETERS.BIN")) {
      rewriteManifest(
          manifest -> {
            List<Manifest.Entry> files = new ArrayList<>(manifest.files());
            files.set(0, new Manifest.Entry(name, 1, "00000000"));
            return with(manifest, manifest.format(), manifest.update(), files);
          });
      refused("manifest.json: lists other files than parameters.bin, updater.bin, position.json");
      restore();
    }
  }

  @Test
  void linksAreNotFollowed() throws IOException {
    Path elsewhere = temp.resolve("elsewhere");
    Files.move(directory.resolve("updater.bin"), elsewhere);
    Files.createSymbolicLink(directory.resolve("updater.bin"), elsewhere);
    refused("updater.bin: not a plain file");
    restore();
    Path other = temp.resolve("other");
    Files.move(directory, other);
    Files.createSymbolicLink(directory, other);
    refused("update-000000000100: not a plain directory");
    assertThat(other.resolve("manifest.json")).exists();
  }

  @Test
  void directoryInTheNameOfAFileIsNoFile() throws IOException {
    Files.delete(directory.resolve("parameters.bin"));
    Files.createDirectory(directory.resolve("parameters.bin"));
    refused("parameters.bin: not a plain file");
  }

  @Test
  void sizesAreHeldAgainstTheModelBeforeMemoryIsTaken() throws IOException {
    long huge = 1L << 42;
    try (RandomAccessFile sparse =
        new RandomAccessFile(directory.resolve("parameters.bin").toFile(), "rw")) {
      sparse.setLength(huge);
    }
    rewriteManifest(
        manifest -> {
          List<Manifest.Entry> files = new ArrayList<>(manifest.files());
          files.set(0, new Manifest.Entry("parameters.bin", huge, "00000000"));
          return with(manifest, manifest.format(), manifest.update(), files);
        });
    assertThatThrownBy(() -> store.load(100, States.at(100, 1).size()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(
            "holds 1,099,511,627,776 parameters and 2,000 updater values of 4 bytes, where the"
                + " model has 1,000 parameters");
  }

  @Test
  void numbersThatCannotBeAreRefused() throws IOException {
    rewriteManifest(m -> with(m, m.format(), 99, m.files()));
    refused("manifest.json: is about update 99");
    restore();
    rewriteManifest(m -> with(m, 0, m.update(), m.files()));
    refused("manifest.json: there is no format 0");
    restore();
    rewriteManifest(
        m -> {
          List<Manifest.Entry> files = new ArrayList<>(m.files());
          files.set(1, new Manifest.Entry("updater.bin", -4, "00000000"));
          return with(m, m.format(), m.update(), files);
        });
    refused("manifest.json: says updater.bin has -4 bytes");
    restore();
    rewriteManifest(
        m -> new Manifest(1, m.cairn(), m.update(), 1, m.writtenAt(), m.byteOrder(), 3, m.files()));
    refused("manifest.json: says values have 3 bytes");
  }

  @Test
  void positionsThatCannotBeAreRefused() throws IOException {
    for (Map.Entry<String, String> change :
        Map.of(
                "\"update\" : 100", "\"update\" : 101",
                "\"workers\" : 2", "\"workers\" : -2",
                "\"iteration\" : 100", "\"iteration\" : \"100\"",
                "\"modelEpoch\" : 2", "\"modelEpoch\" : 2.5",
                "\"cursor\"", "\"class\" : \"java.lang.Runtime\", \"cursor\"",
                "\"modelEpoch\" : 2,", "",
                "\"position\" : 30", "\"position\" : 31",
                "\"epoch\" : 2", "\"epoch\" : 2, \"epoch\" : 3")
            .entrySet()) {
      rewrite("position.json", text -> text.replace(change.getKey(), change.getValue()));
      refused("position.json: ");
      restore();
    }
  }

  @Test
  void jsonThatIsADepthOrALengthOfItsOwnIsRefused() throws IOException {
    rewrite("settings.json", text -> "[".repeat(100_000));
    refused("settings.json: ");
    restore();
    rewrite("position.json", text -> " ".repeat(2 << 20) + text);
    refused("position.json: has 2,09");
    restore();
    Files.writeString(directory.resolve("manifest.json"), "{".repeat(70_000));
    refused("manifest.json: is longer than a manifest can be");
  }

  @Test
  void serializedObjectsAreNothingButBytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(new Exploding());
    }
    for (String name : List.of("position.json", "settings.json", "manifest.json")) {
      if (name.equals("manifest.json")) {
        Files.write(directory.resolve(name), bytes.toByteArray());
      } else {
        rewrite(name, bytes.toByteArray());
      }
      refused(name + ": ");
      restore();
    }
  }

  @Test
  void newerFormatIsRefusedAndLeftWhereItIs() throws IOException {
    rewriteManifest(m -> with(m, 2, m.update(), m.files()));
    assertThatThrownBy(() -> store.newestGood(claim))
        .isInstanceOf(NewerCheckpointException.class)
        .hasMessageContaining(
            "update-000000000100 was written in format 2, by a newer version of Cairn; this one"
                + " reads up to format 1");
    assertThat(directory).exists();
  }

  @Test
  void otherNamesAreNoCheckpoints() throws IOException {
    for (String name : List.of("update-1", "update-00000000010x", "update-", "notes", ".hidden")) {
      Files.createDirectory(temp.resolve("checkpoints").resolve(name));
    }
    Files.writeString(temp.resolve("checkpoints/update-000000000999"), "a file");
    assertThat(store.updates()).containsExactly(100L);
    assertThat(store.newestGood(claim).passedOver()).isEmpty();
  }

  /** Would be noticed. */
  private static final class Exploding implements Serializable {
    private static final long serialVersionUID = 1L;

    private void readObject(ObjectInputStream in) {
      throw new AssertionError("deserialized");
    }
  }

  private void refused(String why) throws IOException {
    NewestGood found = store.newestGood(claim);
    assertThat(found.checkpoint()).isEmpty();
    assertThat(found.passedOver()).singleElement().asString().contains(why);
  }

  /** A good checkpoint again. */
  private void restore() throws IOException {
    store.save(States.at(100, 1), claim);
  }

  private void rewrite(String name, UnaryOperator<String> change) throws IOException {
    String before = Files.readString(directory.resolve(name));
    String after = change.apply(before);
    assertThat(after).isNotEqualTo(before);
    rewrite(name, after.getBytes(StandardCharsets.UTF_8));
  }

  /** Another content, with a manifest that vouches for it. */
  private void rewrite(String name, byte[] content) throws IOException {
    Files.write(directory.resolve(name), content);
    CRC32C crc = new CRC32C();
    crc.update(content);
    rewriteManifest(
        manifest ->
            with(
                manifest,
                manifest.format(),
                manifest.update(),
                manifest.files().stream()
                    .map(
                        entry ->
                            entry.name().equals(name)
                                ? new Manifest.Entry(
                                    name, content.length, Manifest.hex(crc.getValue()))
                                : entry)
                    .toList()));
  }

  private void rewriteManifest(UnaryOperator<Manifest> change) throws IOException {
    Path file = directory.resolve("manifest.json");
    Files.writeString(file, change.apply(Manifest.parse(Files.readString(file))).render());
  }

  private static Manifest with(
      Manifest manifest, int format, long update, List<Manifest.Entry> files) {
    return new Manifest(
        format,
        manifest.cairn(),
        update,
        manifest.attempt(),
        manifest.writtenAt(),
        manifest.byteOrder(),
        manifest.bytesPerValue(),
        files);
  }
}

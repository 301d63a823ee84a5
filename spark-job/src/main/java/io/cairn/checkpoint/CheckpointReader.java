/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static io.cairn.checkpoint.CheckpointWrite.MANIFEST;
import static io.cairn.checkpoint.CheckpointWrite.NAMES;
import static io.cairn.checkpoint.CheckpointWrite.PARAMETERS;
import static io.cairn.checkpoint.CheckpointWrite.POSITION;
import static io.cairn.checkpoint.CheckpointWrite.SETTINGS;
import static io.cairn.checkpoint.CheckpointWrite.UPDATER;

import io.cairn.json.StrictJson;
import io.cairn.plan.RunPosition;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.hadoop.fs.ChecksumException;

/**
 * Reads the checkpoints that {@link CheckpointWrite} writes, and trusts nothing in them.
 *
 * <p>Threading: one thread per instance, since it uses its buffer again.
 *
 * <p>Failure: a {@link CheckpointException} names the file and what is wrong with it. Any other
 * IOException comes from the file system.
 */
final class CheckpointReader {

  private static final int MOST_MANIFEST_BYTES = 64 << 10;
  private static final int MOST_POSITION_BYTES = 1 << 20;
  private static final int MOST_SETTINGS_BYTES = 4 << 20;
  private static final int COPY_BYTES = 1 << 20;

  private final RunFileSystem checkpoints;
  private final byte[] copy = new byte[COPY_BYTES];

  CheckpointReader(RunFileSystem checkpoints) {
    this.checkpoints = checkpoints;
  }

  /** Whether there is a manifest, of whatever content. */
  boolean isCommitted(String directory) throws IOException {
    return checkpoints.exists(directory + "/" + MANIFEST);
  }

  /** Reads every byte and compares. */
  Checkpoint verify(String directory, long update) throws IOException {
    Manifest manifest = manifest(directory, update);
    digest(directory, manifest.files().get(0), OutputStream.nullOutputStream());
    digest(directory, manifest.files().get(1), OutputStream.nullOutputStream());
    return describe(directory, manifest);
  }

  /**
   * Reads a checkpoint into memory.
   *
   * @param expected what the model needs; compared before a byte is read
   * @param parameters filled from each piece's position to its limit
   * @param updater likewise
   */
  Checkpoint read(
      String directory,
      long update,
      StateSize expected,
      List<ByteBuffer> parameters,
      List<ByteBuffer> updater)
      throws IOException {
    Manifest manifest = manifest(directory, update);
    requireSize(directory, manifest, expected);
    digest(directory, manifest.files().get(0), new Filling(parameters));
    digest(directory, manifest.files().get(1), new Filling(updater));
    return describe(directory, manifest);
  }

  /** Refuses a checkpoint that is not of this size, by its manifest. */
  void requireSize(String directory, long update, StateSize expected) throws IOException {
    requireSize(directory, manifest(directory, update), expected);
  }

  private void requireSize(String directory, Manifest manifest, StateSize expected)
      throws CheckpointException {
    StateSize size = size(manifest);
    if (!size.equals(expected)) {
      throw new CheckpointException(
          "%s: holds %s, where the model has %s"
              .formatted(checkpoints.path(directory), size, expected));
    }
  }

  private Checkpoint describe(String directory, Manifest manifest) throws IOException {
    String position = text(directory, manifest.files().get(2), MOST_POSITION_BYTES);
    String settings = text(directory, manifest.files().get(3), MOST_SETTINGS_BYTES);
    RunPosition reached;
    try {
      reached = StrictJson.parse(position, RunPosition.class);
    } catch (IllegalArgumentException e) {
      throw damaged(directory, POSITION, e.getMessage());
    }
    if (reached.update() != manifest.update()) {
      throw damaged(directory, POSITION, "is about update " + reached.update());
    }
    try {
      StrictJson.parseObject(settings);
    } catch (IllegalArgumentException e) {
      throw damaged(directory, SETTINGS, e.getMessage());
    }
    return new Checkpoint(reached, settings, checkpoints.path(directory).toString());
  }

  private static StateSize size(Manifest manifest) {
    int bytesPerValue = manifest.bytesPerValue();
    return new StateSize(
        bytesPerValue,
        manifest.files().get(0).bytes() / bytesPerValue,
        manifest.files().get(1).bytes() / bytesPerValue);
  }

  private Manifest manifest(String directory, long update) throws IOException {
    String name = directory + "/" + MANIFEST;
    checkpoints.requireDirectory(directory);
    if (checkpoints.length(name) > MOST_MANIFEST_BYTES) {
      throw damaged(directory, MANIFEST, "is longer than a manifest can be");
    }
    String text;
    try (InputStream in = checkpoints.open(name)) {
      text = new String(in.readNBytes(MOST_MANIFEST_BYTES), StandardCharsets.UTF_8);
    } catch (ChecksumException e) {
      throw damaged(directory, MANIFEST, e.getMessage());
    }
    Manifest manifest;
    try {
      manifest = Manifest.parse(text);
    } catch (Manifest.NewerFormatException e) {
      throw new NewerCheckpointException(
          checkpoints.path(directory) + " was written " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw damaged(directory, MANIFEST, e.getMessage());
    }
    check(directory, update, manifest);
    return manifest;
  }

  private void check(String directory, long update, Manifest manifest) throws IOException {
    if (manifest.format() != Manifest.FORMAT) {
      throw damaged(directory, MANIFEST, "there is no format " + manifest.format());
    }
    if (manifest.update() != update) {
      throw damaged(directory, MANIFEST, "is about update " + manifest.update());
    }
    if (!manifest.files().stream().map(Manifest.Entry::name).toList().equals(NAMES)) {
      throw damaged(directory, MANIFEST, "lists other files than " + String.join(", ", NAMES));
    }
    if (!manifest.byteOrder().equals(ByteOrder.nativeOrder().toString())) {
      throw damaged(
          directory,
          MANIFEST,
          "values are " + manifest.byteOrder() + ", which is not this machine's");
    }
    int bytesPerValue = manifest.bytesPerValue();
    if (bytesPerValue != Float.BYTES && bytesPerValue != Double.BYTES) {
      throw damaged(directory, MANIFEST, "says values have " + bytesPerValue + " bytes");
    }
    for (Manifest.Entry entry : manifest.files()) {
      boolean values = entry.name().equals(PARAMETERS) || entry.name().equals(UPDATER);
      if (entry.bytes() < 0
          || (values && entry.bytes() % bytesPerValue != 0)
          || (entry.name().equals(PARAMETERS) && entry.bytes() == 0)) {
        throw damaged(
            directory, MANIFEST, "says " + entry.name() + " has " + entry.bytes() + " bytes");
      }
      long length = checkpoints.length(directory + "/" + entry.name());
      if (length != entry.bytes()) {
        throw damaged(
            directory,
            entry.name(),
            "has %,d bytes, where its manifest says %,d".formatted(length, entry.bytes()));
      }
    }
  }

  private String text(String directory, Manifest.Entry entry, int mostBytes) throws IOException {
    if (entry.bytes() > mostBytes) {
      throw damaged(directory, entry.name(), "has %,d bytes; it cannot".formatted(entry.bytes()));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) entry.bytes());
    digest(directory, entry, new Filling(List.of(bytes)));
    return new String(bytes.array(), StandardCharsets.UTF_8);
  }

  /** Reads a whole file, hands its bytes on, and holds them against the manifest. */
  private void digest(String directory, Manifest.Entry entry, OutputStream sink)
      throws IOException {
    CRC32C crc = new CRC32C();
    long left = entry.bytes();
    try (InputStream in = checkpoints.open(directory + "/" + entry.name())) {
      while (left > 0) {
        int some = in.read(copy, 0, (int) Math.min(left, copy.length));
        if (some < 0) {
          throw damaged(directory, entry.name(), "ends early");
        }
        crc.update(copy, 0, some);
        sink.write(copy, 0, some);
        left -= some;
      }
    } catch (ChecksumException e) {
      throw damaged(directory, entry.name(), e.getMessage());
    }
    if (!Manifest.hex(crc.getValue()).equals(entry.crc32c())) {
      throw damaged(directory, entry.name(), "its checksum is not the one in its manifest");
    }
  }

  private CheckpointException damaged(String directory, String name, String why) {
    return new CheckpointException(checkpoints.path(directory + "/" + name) + ": " + why);
  }

  /** Puts a stream of bytes into buffers that are just large enough. */
  private static final class Filling extends OutputStream {
    private final List<ByteBuffer> pieces = new ArrayList<>();
    private int at;

    Filling(List<ByteBuffer> pieces) {
      pieces.forEach(piece -> this.pieces.add(piece.duplicate()));
    }

    @Override
    public void write(int value) {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      int done = 0;
      while (done < length) {
        ByteBuffer piece = pieces.get(at);
        int some = Math.min(piece.remaining(), length - done);
        piece.put(bytes, from + done, some);
        done += some;
        if (!piece.hasRemaining()) {
          at++;
        }
      }
    }
  }
}

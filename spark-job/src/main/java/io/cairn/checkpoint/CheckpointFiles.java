/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.plan.RunPosition;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.hadoop.fs.ChecksumException;

/**
 * The files of one checkpoint: written in order, read back with nothing taken on trust.
 *
 * <p>Threading: one thread an instance, since it reuses a buffer. Failure: a {@link
 * CheckpointException} names the file and what is wrong with it; any other IOException is the file
 * system's.
 */
final class CheckpointFiles {

  static final String MANIFEST = "manifest.json";
  private static final String PARAMETERS = "parameters.bin";
  private static final String UPDATER = "updater.bin";
  private static final String POSITION = "position.json";
  private static final String SETTINGS = "settings.json";
  private static final List<String> NAMES = List.of(PARAMETERS, UPDATER, POSITION, SETTINGS);

  private static final int MOST_MANIFEST_BYTES = 64 << 10;
  private static final int MOST_POSITION_BYTES = 1 << 20;
  private static final int MOST_SETTINGS_BYTES = 4 << 20;
  private static final int COPY_BYTES = 1 << 20;

  private final Volume volume;
  private final byte[] copy = new byte[COPY_BYTES];

  CheckpointFiles(Volume volume) {
    this.volume = volume;
  }

  /** Writes all files but the manifest, and returns it. */
  Manifest writeData(String directory, TrainingState state, int attempt, Instant now)
      throws IOException {
    String position = StrictJson.render(state.position());
    List<Manifest.Entry> entries =
        List.of(
            write(directory, PARAMETERS, state.parameters()),
            write(directory, UPDATER, state.updater()),
            write(directory, POSITION, List.of(StandardCharsets.UTF_8.encode(position))),
            write(
                directory, SETTINGS, List.of(StandardCharsets.UTF_8.encode(state.settingsJson()))));
    String version = CheckpointFiles.class.getPackage().getImplementationVersion();
    return new Manifest(
        Manifest.FORMAT,
        version == null ? "not packaged" : version,
        state.position().update(),
        attempt,
        now.toString(),
        ByteOrder.nativeOrder().toString(),
        state.bytesPerValue(),
        entries);
  }

  void writeManifest(String directory, Manifest manifest) throws IOException {
    byte[] text = manifest.render().getBytes(StandardCharsets.UTF_8);
    volume.write(directory + "/" + MANIFEST, out -> out.write(text));
  }

  private Manifest.Entry write(String directory, String name, List<ByteBuffer> pieces)
      throws IOException {
    CRC32C crc = new CRC32C();
    long[] bytes = {0};
    volume.write(
        directory + "/" + name,
        out -> {
          for (ByteBuffer piece : pieces) {
            ByteBuffer rest = piece.duplicate();
            bytes[0] += rest.remaining();
            while (rest.hasRemaining()) {
              int some = Math.min(rest.remaining(), copy.length);
              rest.get(copy, 0, some);
              crc.update(copy, 0, some);
              out.write(copy, 0, some);
            }
          }
        });
    return new Manifest.Entry(name, bytes[0], Manifest.hex(crc.getValue()));
  }

  /** Whether there is a manifest, of whatever content. */
  boolean isCommitted(String directory) throws IOException {
    return volume.exists(directory + "/" + MANIFEST);
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
          "%s: holds %s, where the model has %s".formatted(volume.path(directory), size, expected));
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
    return new Checkpoint(reached, settings, size(manifest), volume.path(directory).toString());
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
    volume.requireDirectory(directory);
    if (volume.length(name) > MOST_MANIFEST_BYTES) {
      throw damaged(directory, MANIFEST, "is longer than a manifest can be");
    }
    String text;
    try (InputStream in = volume.open(name)) {
      text = new String(in.readNBytes(MOST_MANIFEST_BYTES), StandardCharsets.UTF_8);
    } catch (ChecksumException e) {
      throw damaged(directory, MANIFEST, e.getMessage());
    }
    Manifest manifest;
    try {
      manifest = Manifest.parse(text);
    } catch (Manifest.NewerFormatException e) {
      throw new NewerCheckpointException(volume.path(directory) + " was written " + e.getMessage());
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
      long length = volume.length(directory + "/" + entry.name());
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
    try (InputStream in = volume.open(directory + "/" + entry.name())) {
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
    return new CheckpointException(volume.path(directory + "/" + name) + ": " + why);
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

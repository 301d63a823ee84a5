/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.json.StrictJson;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * One checkpoint while it is being written. After {@link #commit} it is complete. If it is closed
 * without a commit, nothing remains that could be taken for a checkpoint.
 *
 * <p>A checkpoint is valid once its manifest exists, and the manifest is written last. Where a
 * directory can be moved in one step, everything is written to a temporary directory, which the
 * commit syncs and moves; without a commit it is deleted. Elsewhere the files are written in place
 * and the manifest is the commit. Files that were left there without one are deleted by the next
 * save and not here, because by then the directory may belong to another attempt.
 *
 * <p>Owned by a save of {@link CheckpointStore}.
 *
 * <p>Threading: one thread.
 */
final class CheckpointWrite implements Closeable {

  static final String MANIFEST = "manifest.json";
  static final String PARAMETERS = "parameters.bin";
  static final String UPDATER = "updater.bin";
  static final String POSITION = "position.json";
  static final String SETTINGS = "settings.json";
  static final List<String> NAMES = List.of(PARAMETERS, UPDATER, POSITION, SETTINGS);

  /** What a directory's name begins with while it is written, or on its way to be deleted. */
  static final String ASIDE = ".tmp-";

  private static final int COPY_BYTES = 1 << 20;

  private final RunFileSystem checkpoints;
  private final String name;
  private final String directory;
  private final byte[] copy = new byte[COPY_BYTES];
  private Manifest manifest;
  private boolean committed;

  /**
   * Begins a checkpoint; writes nothing yet.
   *
   * @param name of its directory, free when it is committed
   * @param attempt who writes
   */
  CheckpointWrite(RunFileSystem checkpoints, String name, int attempt) {
    this.checkpoints = checkpoints;
    this.name = name;
    this.directory =
        checkpoints.movesWhole()
            ? ASIDE + name + "-attempt-" + attempt + "-" + UUID.randomUUID()
            : name;
  }

  /** Writes all that is large. */
  void data(TrainingState state, int attempt, Instant now) throws IOException {
    checkpoints.makeDirectory(directory);
    String position = StrictJson.render(state.position());
    List<Manifest.Entry> entries =
        List.of(
            write(PARAMETERS, state.parameters()),
            write(UPDATER, state.updater()),
            write(POSITION, List.of(StandardCharsets.UTF_8.encode(position))),
            write(SETTINGS, List.of(StandardCharsets.UTF_8.encode(state.settingsJson()))));
    String version = CheckpointWrite.class.getPackage().getImplementationVersion();
    manifest =
        new Manifest(
            Manifest.FORMAT,
            version == null ? "not packaged" : version,
            state.position().update(),
            attempt,
            now.toString(),
            ByteOrder.nativeOrder().toString(),
            state.bytesPerValue(),
            entries);
    if (checkpoints.movesWhole()) {
      writeManifest();
      checkpoints.syncNames(directory);
    }
  }

  /** Makes it a checkpoint. */
  void commit() throws IOException {
    if (checkpoints.movesWhole()) {
      checkpoints.move(directory, name);
    } else {
      writeManifest();
    }
    committed = true;
  }

  @Override
  public void close() throws IOException {
    if (!committed && checkpoints.movesWhole()) {
      checkpoints.delete(directory);
    }
  }

  private void writeManifest() throws IOException {
    byte[] text = manifest.render().getBytes(StandardCharsets.UTF_8);
    checkpoints.write(directory + "/" + MANIFEST, out -> out.write(text));
  }

  private Manifest.Entry write(String file, List<ByteBuffer> pieces) throws IOException {
    CRC32C crc = new CRC32C();
    long[] bytes = {0};
    checkpoints.write(
        directory + "/" + file,
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
    return new Manifest.Entry(file, bytes[0], Manifest.hex(crc.getValue()));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.checkpoint.RunFileSystem.FileContent;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Writes files of a directory so that a reader always finds a complete one, old or new.
 *
 * <p>A file is written beside its place under a hidden name, synced, and renamed. On local disks,
 * HDFS and other file systems with a FileContext the rename is atomic. An object store shows a file
 * only when it is complete, and renames by copying, so there the file is written in place. On any
 * other file system the old file is deleted before the rename: a reader may find no file for a
 * moment, but never half of one.
 *
 * <p>Threading: stateless after construction. Two writers of the same name are not ordered.
 */
final class WholeFiles {

  private static final String ASIDE_SUFFIX = ".aside";
  private static final int MOST_TEXT_BYTES = 4 << 20;

  private final RunFileSystem directory;

  WholeFiles(RunFileSystem directory) {
    this.directory = directory;
  }

  RunFileSystem directory() {
    return directory;
  }

  /** Names in the directory, hidden leftovers of interrupted writes left out. */
  List<String> names() throws IOException {
    return directory.names(status -> !isAside(status.getPath().getName()));
  }

  /** Opens a file for reading, if it is there; the caller closes the stream. */
  Optional<InputStream> open(String name) throws IOException {
    try {
      return Optional.of(directory.open(name));
    } catch (FileNotFoundException absent) {
      return Optional.empty();
    }
  }

  /** A text, as far as {@value #MOST_TEXT_BYTES} bytes go: what is longer was not written here. */
  Optional<String> read(String name) throws IOException {
    Optional<InputStream> file = open(name);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try (InputStream in = file.get()) {
      return Optional.of(new String(in.readNBytes(MOST_TEXT_BYTES), StandardCharsets.UTF_8));
    }
  }

  /** Replaces a file by this text. */
  void replace(String name, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    replace(name, out -> out.write(bytes));
  }

  /** Replaces a file by what is written to it. */
  void replace(String name, FileContent content) throws IOException {
    if (directory.isObjectStore()) {
      directory.put(name, content);
      return;
    }
    String aside = asideName(name, UUID.randomUUID().toString());
    try {
      directory.write(aside, content);
      directory.renameOver(aside, name);
    } catch (IOException e) {
      try {
        directory.delete(aside);
      } catch (IOException cleanup) {
        e.addSuppressed(cleanup);
      }
      throw e;
    }
  }

  /** Deletes what interrupted writes left. */
  void deleteAsides() throws IOException {
    for (String aside : directory.names(status -> isAside(status.getPath().getName()))) {
      directory.delete(aside);
    }
  }

  static String asideName(String name, String writer) {
    return "." + name + "." + writer + ASIDE_SUFFIX;
  }

  private static boolean isAside(String name) {
    return name.startsWith(".") && name.endsWith(ASIDE_SUFFIX);
  }
}

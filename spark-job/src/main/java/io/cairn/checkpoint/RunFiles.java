/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.FileNotFoundException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * One directory on any Hadoop file system, in which a file is replaced whole or not at all.
 *
 * <p>A file is written under a hidden name beside its place, synced, and renamed over it. On HDFS,
 * local disks and others with a FileContext the rename is atomic. Object stores make an object
 * visible only when it is complete, and rename by copying, so there it is written in place. A file
 * system that is neither gets delete-then-rename: a reader may find the file missing for a moment,
 * never half of it.
 *
 * <p>Threading: stateless after construction; two writers of one name are not ordered.
 */
final class RunFiles {

  private static final String ASIDE_SUFFIX = ".aside";
  private static final int MOST_TEXT_BYTES = 4 << 20;

  private final Place place;
  private final FileSystem fileSystem;
  private final Path root;

  RunFiles(Place place) {
    this.place = place;
    this.fileSystem = place.fileSystem();
    this.root = place.root();
  }

  /**
   * @param hadoopSettings Hadoop keys on top of the configuration on the class path
   */
  static RunFiles at(String directory, Map<String, String> hadoopSettings) throws IOException {
    return new RunFiles(Place.of(directory, hadoopSettings));
  }

  Path root() {
    return root;
  }

  /** Names in the directory, hidden leftovers of interrupted writes left out. */
  List<String> names() throws IOException {
    try {
      return Arrays.stream(fileSystem.listStatus(root))
          .map(FileStatus::getPath)
          .map(Path::getName)
          .filter(name -> !isAside(name))
          .sorted()
          .toList();
    } catch (FileNotFoundException absent) {
      return List.of();
    }
  }

  /** Whether the directory's own name belongs to a plain file. */
  boolean isFile() throws IOException {
    try {
      return fileSystem.getFileStatus(root).isFile();
    } catch (FileNotFoundException absent) {
      return false;
    }
  }

  void makeDirectory() throws IOException {
    place.makeDirectory(root);
  }

  boolean exists(String name) throws IOException {
    return fileSystem.exists(new Path(root, name));
  }

  /** A text, as far as {@value #MOST_TEXT_BYTES} bytes go: what is longer was not written here. */
  Optional<String> read(String name) throws IOException {
    try (InputStream in = fileSystem.open(new Path(root, name))) {
      return Optional.of(new String(in.readNBytes(MOST_TEXT_BYTES), StandardCharsets.UTF_8));
    } catch (FileNotFoundException absent) {
      return Optional.empty();
    }
  }

  /** Replaces a file by this text, whole. */
  void replace(String name, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    replace(name, out -> out.write(bytes));
  }

  /** Replaces a file by the content of one of this machine's, whole. */
  void replace(String name, java.nio.file.Path local) throws IOException {
    replace(name, out -> Files.copy(local, out));
  }

  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private void replace(String name, Content content) throws IOException {
    if (isObjectStore()) {
      try (OutputStream out = create(name)) {
        content.writeTo(out);
      }
      return;
    }
    String aside = asideName(name, UUID.randomUUID().toString());
    try {
      try (FSDataOutputStream out = create(aside)) {
        content.writeTo(out);
        Volume.sync(out);
      }
      renameOver(aside, name);
    } catch (IOException e) {
      deleteAfter(e, aside);
      throw e;
    }
  }

  /** Opens a file for reading, if it is there; the caller closes the stream. */
  Optional<InputStream> open(String name) throws IOException {
    try {
      return Optional.of(fileSystem.open(new Path(root, name)));
    } catch (FileNotFoundException absent) {
      return Optional.empty();
    }
  }

  /** Opens a file for writing, emptied if it is there; the caller closes the stream. */
  FSDataOutputStream create(String name) throws IOException {
    return fileSystem.create(new Path(root, name), true);
  }

  /** The same for a file whose bytes outlive the machine once it is closed. */
  OutputStream createSafe(String name) throws IOException {
    FSDataOutputStream file = create(name);
    return new FilterOutputStream(file) {
      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        file.write(bytes, from, length);
      }

      @Override
      public void close() throws IOException {
        try (file) {
          Volume.sync(file);
        }
      }
    };
  }

  /** Puts a complete file in another's place. */
  void renameOver(String from, String to) throws IOException {
    Path source = new Path(root, from);
    Path target = new Path(root, to);
    if (!isObjectStore() && !isLocal()) {
      try {
        FileContext.getFileContext(root.toUri(), place.hadoop())
            .rename(source, target, Rename.OVERWRITE);
        return;
      } catch (UnsupportedFileSystemException noFileContext) {
        fileSystem.delete(target, false);
      }
    } else if (isObjectStore()) {
      fileSystem.delete(target, false);
    }
    if (!fileSystem.rename(source, target)) {
      throw new IOException("cannot rename " + source + " to " + target);
    }
    place.syncNames(root);
  }

  /** Deletes a file if it is there. */
  void delete(String name) throws IOException {
    fileSystem.delete(new Path(root, name), false);
  }

  /** Deletes what interrupted writes left. */
  void deleteAsides() throws IOException {
    for (FileStatus status : fileSystem.listStatus(root)) {
      if (isAside(status.getPath().getName())) {
        fileSystem.delete(status.getPath(), false);
      }
    }
  }

  static String asideName(String name, String writer) {
    return "." + name + "." + writer + ASIDE_SUFFIX;
  }

  private static boolean isAside(String name) {
    return name.startsWith(".") && name.endsWith(ASIDE_SUFFIX);
  }

  /** Whether a file that is being written can be seen, and can be renamed without being closed. */
  boolean showsOpenFiles() {
    return isLocal() || "hdfs".equals(root.toUri().getScheme());
  }

  boolean isLocal() {
    return place.isLocal();
  }

  private boolean isObjectStore() {
    return place.isObjectStore();
  }

  private void deleteAfter(IOException cause, String name) {
    try {
      delete(name);
    } catch (IOException | UncheckedIOException e) {
      cause.addSuppressed(e);
    }
  }
}

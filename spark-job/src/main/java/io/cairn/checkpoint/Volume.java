/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Directories of files under one root, with what a checkpoint needs of a file system: bytes that
 * are down when a write says so, directories that move whole, and nothing read through a link.
 *
 * <p>Names are relative to the root. Threading: stateless; safe everywhere.
 */
final class Volume {

  private final Place place;
  private final FileSystem fileSystem;
  private final Path root;

  /**
   * @param place the run's directory
   * @param directory the part of it that this is
   */
  Volume(Place place, String directory) {
    this.place = place;
    this.fileSystem = place.fileSystem();
    this.root = new Path(place.root(), directory);
  }

  Path root() {
    return root;
  }

  Path path(String name) {
    return new Path(root, name);
  }

  boolean movesWhole() {
    return place.rename() == Place.Rename.ATOMIC;
  }

  /** Names of the directories right under the root, in no order; none if there is no root. */
  List<String> directories() throws IOException {
    return names(FileStatus::isDirectory);
  }

  /** Names of the files right under the root. */
  List<String> files() throws IOException {
    return names(FileStatus::isFile);
  }

  private List<String> names(Predicate<FileStatus> wanted) throws IOException {
    try {
      return Arrays.stream(fileSystem.listStatus(root))
          .filter(wanted)
          .map(status -> status.getPath().getName())
          .toList();
    } catch (FileNotFoundException absent) {
      return List.of();
    }
  }

  boolean exists(String name) throws IOException {
    return fileSystem.exists(path(name));
  }

  /** Makes the root itself. */
  void make() throws IOException {
    place.makeDirectory(root);
  }

  void makeDirectory(String name) throws IOException {
    place.makeDirectory(path(name));
  }

  /** Makes the names of files in a directory as safe as their bytes. */
  void syncNames(String directory) throws IOException {
    place.syncNames(path(directory));
  }

  /** What is written, in {@link #write}. */
  @FunctionalInterface
  interface Content {
    void writeTo(FSDataOutputStream out) throws IOException;
  }

  /** Writes a new file; when this returns, its bytes are on disk as far as the file system can. */
  void write(String name, Content content) throws IOException {
    try (FSDataOutputStream out = fileSystem.create(path(name), true)) {
      content.writeTo(out);
      sync(out);
    }
  }

  /** Brings what was written to disk, where the file system can before the file is closed. */
  static void sync(FSDataOutputStream out) throws IOException {
    if (out.hasCapability("hsync")) {
      out.hsync();
    } else {
      out.flush();
    }
  }

  /**
   * Length of a file in bytes.
   *
   * @throws CheckpointException if it is missing, or is no plain file
   */
  long length(String name) throws IOException {
    FileStatus status = status(name);
    boolean plain =
        place.isLocal()
            ? Files.isRegularFile(Place.local(path(name)), LinkOption.NOFOLLOW_LINKS)
            : status.isFile();
    if (!plain) {
      throw new CheckpointException(path(name) + ": not a plain file");
    }
    return status.getLen();
  }

  /**
   * Refuses what is no directory of its own.
   *
   * @throws CheckpointException if it is missing, a file, or a link
   */
  void requireDirectory(String name) throws IOException {
    boolean plain =
        status(name).isDirectory()
            && (!place.isLocal()
                || Files.isDirectory(Place.local(path(name)), LinkOption.NOFOLLOW_LINKS));
    if (!plain) {
      throw new CheckpointException(path(name) + ": not a plain directory");
    }
  }

  private FileStatus status(String name) throws IOException {
    try {
      return fileSystem.getFileStatus(path(name));
    } catch (FileNotFoundException absent) {
      throw new CheckpointException(path(name) + ": missing", absent);
    }
  }

  InputStream open(String name) throws IOException {
    return fileSystem.open(path(name));
  }

  /** Moves a directory to a name that is free. */
  void move(String from, String to) throws IOException {
    if (!fileSystem.rename(path(from), path(to))) {
      throw new IOException("cannot rename " + path(from) + " to " + path(to));
    }
    place.syncNames(root);
    // The root itself may be new.
    place.syncNames(root.getParent());
  }

  void delete(String name) throws IOException {
    fileSystem.delete(path(name), true);
  }
}

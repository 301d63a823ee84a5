/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.SYNC;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.FileNotFoundException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * The directory of a run, or a directory inside it, on any Hadoop file system. When a write
 * returns, the bytes and the name of the file are on disk. A directory is moved in one step where
 * the file system can do that. Links are never followed.
 *
 * <p>Names are relative to the directory. On the local file system Hadoop's checksum files are not
 * used. The file system is Hadoop's cached one and is not closed here.
 *
 * <p>Threading: immutable, safe everywhere. Two writers of the same name are not ordered.
 */
final class RunFileSystem {

  /** Names on a disk are down only when the directory that they stand in is. */
  @FunctionalInterface
  interface Names {
    /** Brings the names in a directory to disk, not what they name. */
    void sync(Path directory) throws IOException;
  }

  /** What is written to a file. */
  @FunctionalInterface
  interface FileContent {
    void writeTo(OutputStream out) throws IOException;
  }

  private final Configuration hadoop;
  private final FileSystem fileSystem;
  private final Path root;
  private final FileSystemKind.Rename rename;
  private final Optional<Names> names;

  /**
   * @param root the directory, qualified
   * @param rename whether a directory can be moved whole
   * @param names how names are made safe; empty where they are as soon as they are given
   */
  RunFileSystem(
      Configuration hadoop,
      FileSystem fileSystem,
      Path root,
      FileSystemKind.Rename rename,
      Optional<Names> names) {
    this.hadoop = hadoop;
    this.fileSystem = fileSystem;
    this.root = root;
    this.rename = rename;
    this.names = names;
  }

  /**
   * Finds a directory's file system; creates nothing.
   *
   * @param directory a path of any Hadoop file system
   * @param hadoopSettings Hadoop keys on top of the configuration on the class path
   */
  static RunFileSystem of(String directory, Map<String, String> hadoopSettings) throws IOException {
    Configuration hadoop = new Configuration();
    hadoopSettings.forEach(hadoop::set);
    Path path = new Path(directory);
    FileSystem found = FileSystems.of(path, hadoop);
    FileSystem raw = found instanceof LocalFileSystem local ? local.getRaw() : found;
    Path root = raw.makeQualified(path);
    return new RunFileSystem(
        hadoop,
        raw,
        root,
        FileSystemKind.rename(root),
        FileSystemKind.isLocal(root) ? Optional.of(RunFileSystem::force) : Optional.empty());
  }

  /** A directory inside this one. */
  RunFileSystem within(String directory) {
    return new RunFileSystem(hadoop, fileSystem, path(directory), rename, names);
  }

  Path root() {
    return root;
  }

  Path path(String name) {
    return new Path(root, name);
  }

  boolean movesWhole() {
    return rename == FileSystemKind.Rename.ATOMIC;
  }

  boolean isLocal() {
    return FileSystemKind.isLocal(root);
  }

  boolean showsOpenFiles() {
    return FileSystemKind.showsOpenFiles(root);
  }

  boolean isObjectStore() {
    return FileSystemKind.isObjectStore(root);
  }

  boolean createsExclusively() {
    return FileSystemKind.createsExclusively(root);
  }

  /** Names of the directories in it. */
  List<String> directories() throws IOException {
    return names(FileStatus::isDirectory);
  }

  /** Names of the files in it. */
  List<String> files() throws IOException {
    return names(FileStatus::isFile);
  }

  /** Names in the directory, of what is wanted, sorted; none if there is no directory. */
  List<String> names(Predicate<FileStatus> wanted) throws IOException {
    try {
      return Arrays.stream(fileSystem.listStatus(root))
          .filter(wanted)
          .map(status -> status.getPath().getName())
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

  boolean exists(String name) throws IOException {
    return fileSystem.exists(path(name));
  }

  /**
   * Length of a file in bytes.
   *
   * @throws CheckpointException if it is missing, or is no plain file
   */
  long length(String name) throws IOException {
    FileStatus status = status(name);
    boolean plain =
        isLocal()
            ? Files.isRegularFile(local(path(name)), LinkOption.NOFOLLOW_LINKS)
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
            && (!isLocal() || Files.isDirectory(local(path(name)), LinkOption.NOFOLLOW_LINKS));
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

  /**
   * Opens a file; the caller closes the stream.
   *
   * @throws FileNotFoundException if it is not there
   */
  InputStream open(String name) throws IOException {
    return fileSystem.open(path(name));
  }

  /** Makes the directory itself. */
  void make() throws IOException {
    make(root);
  }

  void makeDirectory(String name) throws IOException {
    make(path(name));
  }

  /** Makes a directory, and what is missing above it, so that all of them outlive the machine. */
  private void make(Path path) throws IOException {
    List<Path> missing = new ArrayList<>();
    if (names.isPresent()) {
      for (Path at = path; at != null && !fileSystem.exists(at); at = at.getParent()) {
        missing.add(0, at);
      }
    }
    if (!fileSystem.mkdirs(path)) {
      throw new IOException("cannot make the directory " + path);
    }
    for (Path made : missing) {
      syncNames(made.getParent());
    }
  }

  /** Opens a file for writing, emptied if it is there; the caller closes the stream. */
  FSDataOutputStream create(String name) throws IOException {
    return fileSystem.create(path(name), true);
  }

  /** The same for a file that outlives the machine once it is closed, bytes and name. */
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
          sync(file);
        }
        syncNames(root);
      }
    };
  }

  /** Writes a file; when this returns, its bytes are on disk as far as the file system can. */
  void write(String name, FileContent content) throws IOException {
    try (FSDataOutputStream out = create(name)) {
      content.writeTo(out);
      sync(out);
    }
  }

  /**
   * Writes an object, which is there, complete and safe, when this returns, and as it was before if
   * its content cannot be had.
   */
  void put(String name, FileContent content) throws IOException {
    try (FSDataOutputStream out = create(name)) {
      try {
        content.writeTo(out);
      } catch (IOException | RuntimeException e) {
        // Closing it would make an object of what there is so far.
        if (out.hasCapability(StreamCapabilities.ABORTABLE_STREAM)) {
          out.abort();
        }
        throw e;
      }
    }
  }

  /**
   * Writes a file that only one can create, name and bytes; an IOException if it is there, or if
   * that cannot be said. Where {@link #createsExclusively} is false, two may both succeed.
   */
  void createExclusively(String name, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    // Hadoop's own local file system looks first, too.
    try (OutputStream out =
        isLocal()
            ? Files.newOutputStream(local(path(name)), CREATE_NEW, WRITE, SYNC)
            : fileSystem.create(path(name), false)) {
      out.write(bytes);
      if (out instanceof FSDataOutputStream remote) {
        sync(remote);
      }
    }
    syncNames(root);
  }

  /** Puts a complete file in another's place. */
  void renameOver(String from, String to) throws IOException {
    Path source = path(from);
    Path target = path(to);
    if (isObjectStore()) {
      fileSystem.delete(target, false);
    } else if (!isLocal()) {
      try {
        FileContext.getFileContext(root.toUri(), hadoop)
            .rename(source, target, Options.Rename.OVERWRITE);
        return;
      } catch (UnsupportedFileSystemException noFileContext) {
        fileSystem.delete(target, false);
      }
    }
    rename(source, target);
    syncNames(root);
  }

  /** Moves a directory to a name that is free. */
  void move(String from, String to) throws IOException {
    rename(path(from), path(to));
    syncNames(root);
    // The root itself may be new.
    syncNames(root.getParent());
  }

  private void rename(Path from, Path to) throws IOException {
    if (!fileSystem.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  /** Deletes a file, or a directory with all that is in it, if it is there. */
  void delete(String name) throws IOException {
    fileSystem.delete(path(name), true);
  }

  /** Makes the names of files in a directory as safe as their bytes. */
  void syncNames(String directory) throws IOException {
    syncNames(path(directory));
  }

  private void syncNames(Path directory) throws IOException {
    if (names.isPresent()) {
      names.get().sync(directory);
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

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(local(directory), StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** The same path for Java's own files. */
  private static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }
}

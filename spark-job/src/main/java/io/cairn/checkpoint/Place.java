/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A run's directory, the file system it is on, and what that file system can promise.
 *
 * <p>The local file system is used without Hadoop's checksum files. The file system is Hadoop's
 * cached one and is not closed here.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param hadoop configuration
 * @param fileSystem where it is
 * @param root the directory, qualified
 * @param rename whether a directory can be moved whole
 * @param names how names are made safe; empty where they are as soon as they are given
 */
record Place(
    Configuration hadoop, FileSystem fileSystem, Path root, Rename rename, Optional<Names> names) {

  /** Names on a disk are down only when the directory that they stand in is. */
  @FunctionalInterface
  interface Names {
    /** Brings the names in a directory to disk, not what they name. */
    void sync(Path directory) throws IOException;
  }

  /** What moving a directory means. */
  enum Rename {
    /** One step: readers, and those who come after a crash, find it at one place or the other. */
    ATOMIC,
    /** File by file, by copying: a crash leaves some here, some there. */
    PIECEMEAL
  }

  /** Whatever is not listed may be anything, and what is assumed of it holds everywhere. */
  private static final Set<String> ATOMIC =
      Set.of("file", "hdfs", "viewfs", "webhdfs", "swebhdfs", "abfs", "abfss", "ofs", "maprfs");

  private static final Set<String> OBJECT_STORES =
      Set.of("s3", "s3a", "s3n", "gs", "oss", "cosn", "obs", "swift", "wasb", "wasbs");

  /**
   * Finds a directory's file system; creates nothing.
   *
   * @param directory a path of any Hadoop file system
   * @param hadoopSettings Hadoop keys on top of the configuration on the class path
   */
  static Place of(String directory, Map<String, String> hadoopSettings) throws IOException {
    Configuration hadoop = new Configuration();
    hadoopSettings.forEach(hadoop::set);
    Path path = new Path(directory);
    FileSystem found = path.getFileSystem(hadoop);
    FileSystem raw = found instanceof LocalFileSystem local ? local.getRaw() : found;
    Path root = raw.makeQualified(path);
    Rename rename = ATOMIC.contains(root.toUri().getScheme()) ? Rename.ATOMIC : Rename.PIECEMEAL;
    boolean isLocal = "file".equals(root.toUri().getScheme());
    Optional<Names> names = isLocal ? Optional.of(Place::force) : Optional.empty();
    return new Place(hadoop, raw, root, rename, names);
  }

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(local(directory), StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** The same path for Java's own files. */
  static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }

  /** Makes the names that now stand in a directory outlive the machine. */
  void syncNames(Path directory) throws IOException {
    if (names.isPresent()) {
      names.get().sync(directory);
    }
  }

  /** Makes a directory, and what is missing above it, so that all of them outlive the machine. */
  void makeDirectory(Path path) throws IOException {
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

  boolean isLocal() {
    return "file".equals(root.toUri().getScheme());
  }

  /** Whether a file appears when it is complete, and never before. */
  boolean isObjectStore() {
    return OBJECT_STORES.contains(root.toUri().getScheme());
  }
}

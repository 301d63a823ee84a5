/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.util.Set;
import org.apache.hadoop.fs.Path;

/**
 * What a file system guarantees, judged by the scheme of its addresses. No other class
 * distinguishes kinds of file systems.
 *
 * <p>Threading: stateless.
 */
final class FileSystemKind {

  /** What moving a directory means. */
  enum Rename {
    /** One step: readers, and those who come after a crash, find it at one place or the other. */
    ATOMIC,
    /** File by file, by copying: a crash leaves some here, some there. */
    PIECEMEAL
  }

  private static final String LOCAL = "file";
  private static final String HDFS = "hdfs";

  /** Whatever is not listed may be anything, and what is assumed of it holds everywhere. */
  private static final Set<String> ATOMIC =
      Set.of(LOCAL, HDFS, "viewfs", "webhdfs", "swebhdfs", "abfs", "abfss", "ofs", "maprfs");

  private static final Set<String> OBJECT_STORES =
      Set.of("s3", "s3a", "s3n", "gs", "oss", "cosn", "obs", "swift", "wasb", "wasbs");

  /** Those that create a file only where there is none, in one step. */
  private static final Set<String> EXCLUSIVE =
      Set.of(LOCAL, HDFS, "webhdfs", "swebhdfs", "abfs", "abfss", "ofs", "maprfs");

  private FileSystemKind() {}

  static Rename rename(Path root) {
    return ATOMIC.contains(scheme(root)) ? Rename.ATOMIC : Rename.PIECEMEAL;
  }

  static boolean isLocal(Path root) {
    return LOCAL.equals(scheme(root));
  }

  /** Whether a file that is being written can be seen, and can be renamed without being closed. */
  static boolean showsOpenFiles(Path root) {
    return isLocal(root) || HDFS.equals(scheme(root));
  }

  /** Whether a file appears when it is complete, and never before. */
  static boolean isObjectStore(Path root) {
    return OBJECT_STORES.contains(scheme(root));
  }

  /**
   * Whether of two processes that create the same file one fails. S3A looks first and writes then.
   */
  static boolean createsExclusively(Path root) {
    return EXCLUSIVE.contains(scheme(root));
  }

  private static String scheme(Path root) {
    return root.toUri().getScheme();
  }
}

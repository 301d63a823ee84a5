/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * Finds the Hadoop file system of an address, and says in a sentence when what it needs is missing.
 *
 * <p>Threading: stateless.
 */
public final class FileSystems {

  private FileSystems() {}

  /**
   * The file system of an address: Hadoop's cached one, which is not to be closed.
   *
   * @throws UnsupportedFileSystemException if it is of no known kind, or its jars are missing
   */
  public static FileSystem of(Path path, Configuration hadoop) throws IOException {
    try {
      return path.getFileSystem(hadoop);
    } catch (RuntimeException e) {
      if (e.getCause() instanceof ClassNotFoundException missing) {
        throw missing(path, missing);
      }
      throw e;
    } catch (NoClassDefFoundError e) {
      throw missing(path, e);
    }
  }

  private static UnsupportedFileSystemException missing(Path path, Throwable why) {
    UnsupportedFileSystemException missing =
        new UnsupportedFileSystemException(
            "%s:// needs jars that are not on the class path (%s); docs/object-stores.md says which"
                .formatted(path.toUri().getScheme(), why.getMessage()));
    missing.initCause(why);
    return missing;
  }
}

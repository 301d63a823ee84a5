/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.FileSystems;
import io.cairn.replica.ArchiveSource;
import io.cairn.replica.GraphWishes;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * Reads a model from any file system that Hadoop knows.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: a {@link ModelException} where there is no model to be read, an IOException where the
 * file system fails.
 */
final class ModelFile {

  /** Of larger ones only DL4J's archives are read. */
  private static final int LONGEST_ARRAY_BYTES = Integer.MAX_VALUE - 16;

  private ModelFile() {}

  /**
   * Reads it.
   *
   * @param setting what names it, for messages
   * @param seed what initial parameters are drawn from, if the file has none
   * @param wishes what a graph does not say itself
   */
  static ModelSource read(
      String setting, String source, Configuration hadoop, long seed, GraphWishes wishes)
      throws IOException {
    if (source.startsWith(ProgramInputs.MODEL)) {
      throw new ModelException(
          "%s = %s: only a program can give a model (docs/api.md), and none is given; name a file"
              .formatted(setting, source));
    }
    Path path = new Path(source);
    try {
      FileSystem files = FileSystems.of(path, hadoop);
      if (files.getFileStatus(path).isDirectory()) {
        throw new ModelException(setting + " = " + source + " is a directory, not a file");
      }
      long bytes = files.getFileStatus(path).getLen();
      if (bytes > LONGEST_ARRAY_BYTES) {
        return large(setting, source, bytes, () -> files.open(path));
      }
      try (InputStream in = files.open(path)) {
        return ModelSource.read(source, in.readNBytes(LONGEST_ARRAY_BYTES), seed, wishes);
      }
    } catch (FileNotFoundException e) {
      throw new ModelException(setting + " = " + source + ": there is no such file", e);
    } catch (org.apache.hadoop.security.AccessControlException e) {
      throw new ModelException(setting + " = " + source + " cannot be read: no permission", e);
    } catch (UnsupportedFileSystemException e) {
      throw new ModelException(setting + " = " + source + ": " + e.getMessage(), e);
    } catch (IOException e) {
      AccessRefusal refused = AccessRefusal.in(e).orElseThrow(() -> e);
      throw new ModelException(
          setting + " = " + source + ": access is refused: " + refused.text(), e);
    }
  }

  private static ModelSource large(
      String setting, String source, long bytes, ArchiveSource archive) {
    try {
      return ModelSource.readArchive(source, archive);
    } catch (ModelException e) {
      throw new ModelException(
          ("%s = %s has %,d bytes; of files of 2 GiB and more only Deeplearning4j's archives are"
                  + " read: %s")
              .formatted(setting, source, bytes, e.getMessage()),
          e);
    }
  }
}

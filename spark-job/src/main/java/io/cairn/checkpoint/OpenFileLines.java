/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.util.UUID;
import org.apache.hadoop.fs.FSDataOutputStream;

/**
 * Lines in a file that readers see while it is written. It is written beside its place first, and
 * renamed while it is open. An older attempt that still has the old file open writes to a file that
 * nobody sees any more.
 *
 * <p>Owned by a {@link MetricsLog}.
 *
 * <p>Threading: one thread; what {@link #mark} returns has nothing left to do.
 */
final class OpenFileLines implements MetricsLines {

  private final WholeFiles files;
  private final String name;
  private final String aside;
  private final FSDataOutputStream out;

  OpenFileLines(WholeFiles files, String name) throws IOException {
    this.files = files;
    this.name = name;
    this.aside = WholeFiles.asideName(name, UUID.randomUUID().toString());
    this.out = files.directory().create(aside);
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  @Override
  public void flush() throws IOException {
    if (out.hasCapability("hflush")) {
      out.hflush();
    } else {
      out.flush();
    }
  }

  @Override
  public CheckpointWriter.SafeFirst mark() throws IOException {
    sync();
    return () -> {};
  }

  @Override
  public void begin() throws IOException {
    sync();
    files.directory().renameOver(aside, name);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  @Override
  public void abandon() throws IOException {
    try (out) {
      files.directory().delete(aside);
    }
  }

  private void sync() throws IOException {
    if (out.hasCapability("hsync")) {
      out.hsync();
    } else {
      flush();
    }
  }
}

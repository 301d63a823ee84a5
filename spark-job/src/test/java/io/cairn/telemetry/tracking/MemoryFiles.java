/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A tracker's files in memory, seen as a local disk or an object store shows them.
 *
 * <p>Threading: safe everywhere.
 */
final class MemoryFiles implements TrackerFiles {

  /** When readers see what is written. */
  enum Seen {
    /** When it is shown. */
    AT_ONCE,
    /** When the file is closed. */
    ONCE_CLOSED
  }

  private final TreeMap<String, byte[]> files = new TreeMap<>();
  private final Seen seen;
  private final AtomicInteger failingWrites = new AtomicInteger();
  private final AtomicInteger failingCloses = new AtomicInteger();

  MemoryFiles(Seen seen) {
    this.seen = seen;
  }

  /** The next write fails. */
  void failWrite() {
    failingWrites.incrementAndGet();
  }

  /** The next close fails, as where an upload is refused; what was written is lost. */
  void failClose() {
    failingCloses.incrementAndGet();
  }

  private static void failIf(AtomicInteger failing) throws IOException {
    if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new IOException("refused");
    }
  }

  @Override
  public synchronized List<String> names() {
    return List.copyOf(files.keySet());
  }

  synchronized byte[] bytes(String name) {
    return files.get(name);
  }

  synchronized void put(String name, byte[] bytes) {
    files.put(name, bytes);
  }

  @Override
  public synchronized Optional<InputStream> open(String name) {
    return Optional.ofNullable(files.get(name)).map(ByteArrayInputStream::new);
  }

  @Override
  public void replace(String name, String text) {
    put(name, text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public GrowingFile create(String name) throws IOException {
    if (names().contains(name)) {
      throw new IOException(name + " is there");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    return new GrowingFile() {
      @Override
      public void write(byte[] bytes) throws IOException {
        failIf(failingWrites);
        out.writeBytes(bytes);
      }

      @Override
      public boolean show() {
        if (seen == Seen.AT_ONCE) {
          put(name, out.toByteArray());
        }
        return seen == Seen.AT_ONCE;
      }

      @Override
      public void close() throws IOException {
        failIf(failingCloses);
        put(name, out.toByteArray());
      }
    };
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code metrics.jsonl}, open for appending.
 *
 * <p>On a local disk a line can be read as soon as {@link #append} returns. On HDFS it takes up to
 * a second, because a flush crosses the network. On file systems that show a file only after it is
 * closed, lines are collected on this machine, and the whole file is written at each {@link #sync}
 * and at the end.
 *
 * <p>Each attempt begins with a new file that replaces the old one. An older attempt that still has
 * the old file open writes to a file that nobody sees any more.
 *
 * <p>Made by {@link RunDirectory#metrics}; rank 0 owns and closes it.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: an IOException from appending means that the file system is gone or full.
 */
public final class MetricsLog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(MetricsLog.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long REMOTE_FLUSH_NANOS = Duration.ofSeconds(1).toNanos();

  private final Lines lines;
  private final long flushEveryNanos;
  private final LongSupplier nanoTime;
  private long flushedAtNanos;

  /** Where lines go. */
  private sealed interface Lines {
    OutputStream out();

    /** Makes lines visible, where that is cheap. */
    void flush() throws IOException;

    /** Makes lines outlive this process and, as far as the file system can, its machine. */
    void sync() throws IOException;

    void close() throws IOException;
  }

  private MetricsLog(Lines lines, long flushEveryNanos, LongSupplier nanoTime) {
    this.lines = lines;
    this.flushEveryNanos = flushEveryNanos;
    this.nanoTime = nanoTime;
    this.flushedAtNanos = nanoTime.getAsLong();
  }

  static MetricsLog open(
      WholeFiles files, String name, long keepThroughUpdate, LongSupplier nanoTime)
      throws IOException {
    long flushEveryNanos = files.directory().isLocal() ? 0 : REMOTE_FLUSH_NANOS;
    String aside = WholeFiles.asideName(name, UUID.randomUUID().toString());
    Lines lines =
        files.directory().showsOpenFiles()
            ? new Direct(files.directory().create(aside))
            : new Collected(files, name, Files.createTempFile("cairn-metrics-", ".jsonl"));
    MetricsLog log = new MetricsLog(lines, flushEveryNanos, nanoTime);
    try {
      log.keep(files.open(name), keepThroughUpdate);
      log.sync();
      if (files.directory().showsOpenFiles()) {
        files.directory().renameOver(aside, name);
      }
      return log;
    } catch (IOException e) {
      try (OutputStream abandoned = lines.out()) {
        throw e;
      }
    }
  }

  /** Lines of the attempts before, as far as this one goes on from them. */
  private void keep(Optional<InputStream> before, long throughUpdate) throws IOException {
    long updates = 0;
    if (before.isPresent()) {
      try (BufferedReader older =
          new BufferedReader(new InputStreamReader(before.get(), StandardCharsets.UTF_8))) {
        for (String line = older.readLine(); line != null; line = older.readLine()) {
          JsonNode metrics = parse(line);
          if (metrics.path("update").asLong(Long.MAX_VALUE) <= throughUpdate) {
            write(line);
            updates += metrics.has("loss") ? 1 : 0;
          }
        }
      }
    }
    if (updates != throughUpdate) {
      LOG.warn("metrics of {} of the {} updates before are there", updates, throughUpdate);
    }
  }

  /**
   * Appends a line.
   *
   * @param line one JSON object without a line break
   */
  public void append(String line) throws IOException {
    if (line.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("a metrics line with a line break: " + line);
    }
    write(line);
    if (nanoTime.getAsLong() - flushedAtNanos >= flushEveryNanos) {
      lines.flush();
      flushedAtNanos = nanoTime.getAsLong();
    }
  }

  /** Returns when all lines so far will outlive this process. */
  public void sync() throws IOException {
    lines.sync();
    flushedAtNanos = nanoTime.getAsLong();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private void write(String line) throws IOException {
    lines.out().write(line.getBytes(StandardCharsets.UTF_8));
    lines.out().write('\n');
  }

  /** A torn last line of a killed attempt is about no update. */
  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException torn) {
      return JSON.createObjectNode();
    }
  }

  /** A file that readers see while it is written. */
  private record Direct(FSDataOutputStream out) implements Lines {
    @Override
    public void flush() throws IOException {
      if (out.hasCapability("hflush")) {
        out.hflush();
      } else {
        out.flush();
      }
    }

    @Override
    public void sync() throws IOException {
      if (out.hasCapability("hsync")) {
        out.hsync();
      } else {
        flush();
      }
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  /** A file of this machine, copied to its place whole. */
  private static final class Collected implements Lines {
    private final WholeFiles files;
    private final String name;
    private final Path local;
    private final OutputStream out;

    Collected(WholeFiles files, String name, Path local) throws IOException {
      this.files = files;
      this.name = name;
      this.local = local;
      this.out = Files.newOutputStream(local);
    }

    @Override
    public OutputStream out() {
      return out;
    }

    @Override
    public void flush() {}

    @Override
    public void sync() throws IOException {
      files.replace(name, local);
    }

    @Override
    public void close() throws IOException {
      try (out) {
        sync();
      } finally {
        Files.deleteIfExists(local);
      }
    }
  }
}

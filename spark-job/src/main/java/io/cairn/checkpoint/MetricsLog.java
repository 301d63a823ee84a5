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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code metrics.jsonl}, open for appending.
 *
 * <p>On a local disk a line can be read as soon as {@link #append} returns. On HDFS it takes up to
 * a second, because a flush crosses the network. On file systems that show a file only after it is
 * closed, lines are collected on this machine, and what is new is stored for each checkpoint
 * ({@link CollectedLines}).
 *
 * <p>Each attempt begins with a new file that replaces the old one.
 *
 * <p>Made by {@link RunDirectory#metrics}; rank 0 owns and closes it.
 *
 * <p>Threading: one thread; what {@link #mark} returns may run in another.
 *
 * <p>Failure: an IOException from appending means that the file system is gone or full.
 */
public final class MetricsLog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(MetricsLog.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long REMOTE_FLUSH_NANOS = Duration.ofSeconds(1).toNanos();

  private final MetricsLines lines;
  private final long flushEveryNanos;
  private final LongSupplier nanoTime;
  private long flushedAtNanos;

  /**
   * Where a log is kept.
   *
   * @param files the run's directory
   * @param name of the file
   * @param claim of the attempt that writes, if there is one
   * @param local a directory of this machine
   */
  record Home(WholeFiles files, String name, Optional<AttemptClaim> claim, Path local) {}

  private MetricsLog(MetricsLines lines, long flushEveryNanos, LongSupplier nanoTime) {
    this.lines = lines;
    this.flushEveryNanos = flushEveryNanos;
    this.nanoTime = nanoTime;
    this.flushedAtNanos = nanoTime.getAsLong();
  }

  static MetricsLog open(Home home, long keepThroughUpdate, LongSupplier nanoTime)
      throws IOException {
    RunFileSystem directory = home.files().directory();
    long flushEveryNanos = directory.isLocal() ? 0 : REMOTE_FLUSH_NANOS;
    MetricsLines lines =
        directory.showsOpenFiles()
            ? new OpenFileLines(home.files(), home.name())
            : new CollectedLines(home.files(), home.name(), home.claim(), home.local());
    MetricsLog log = new MetricsLog(lines, flushEveryNanos, nanoTime);
    try {
      log.keep(MetricsParts.open(home.files(), home.name()), keepThroughUpdate);
      lines.begin();
      return log;
    } catch (IOException | RuntimeException e) {
      try {
        lines.abandon();
      } catch (IOException cleanup) {
        e.addSuppressed(cleanup);
      }
      throw e;
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
    mark().makeSafe();
  }

  /**
   * What makes the lines so far safe; where that takes long, it is left to whoever runs it, while
   * lines are appended.
   */
  public CheckpointWriter.SafeFirst mark() throws IOException {
    CheckpointWriter.SafeFirst mark = lines.mark();
    flushedAtNanos = nanoTime.getAsLong();
    return mark;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private void write(String line) throws IOException {
    lines.write((line + '\n').getBytes(StandardCharsets.UTF_8));
  }

  /** A torn last line of a killed attempt is about no update. */
  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException torn) {
      return JSON.createObjectNode();
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.apache.hadoop.fs.FSDataOutputStream;

/**
 * {@code metrics.jsonl}, open for appending.
 *
 * <p>On a local disk each line is there as soon as {@link #append} returns. On a file system that
 * can flush towards readers (HDFS) lines become visible at most a second later, because a flush
 * crosses the network; on one that cannot (object stores) when the log is closed.
 *
 * <p>Made by {@link RunDirectory#metrics}; rank 0 owns and closes it. Threading: one thread. A
 * failure to append is an IOException: the file system is gone or full.
 */
public final class MetricsLog implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long REMOTE_FLUSH_NANOS = Duration.ofSeconds(1).toNanos();

  private final FSDataOutputStream out;
  private final long flushEveryNanos;
  private final LongSupplier nanoTime;
  private long flushedAtNanos;

  private MetricsLog(FSDataOutputStream out, long flushEveryNanos, LongSupplier nanoTime) {
    this.out = out;
    this.flushEveryNanos = flushEveryNanos;
    this.nanoTime = nanoTime;
    this.flushedAtNanos = nanoTime.getAsLong();
  }

  static MetricsLog open(RunFiles files, String name, long keepThroughUpdate, LongSupplier nanoTime)
      throws IOException {
    List<String> kept =
        files.read(name).stream()
            .flatMap(String::lines)
            .filter(line -> updateOf(line) <= keepThroughUpdate)
            .toList();
    long flushEveryNanos = files.isLocal() ? 0 : REMOTE_FLUSH_NANOS;
    MetricsLog log = new MetricsLog(files.create(name), flushEveryNanos, nanoTime);
    try {
      for (String line : kept) {
        log.write(line);
      }
      log.flush();
      return log;
    } catch (IOException e) {
      try (FSDataOutputStream abandoned = log.out) {
        throw e;
      }
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
      flush();
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private void write(String line) throws IOException {
    out.write(line.getBytes(StandardCharsets.UTF_8));
    out.write('\n');
  }

  private void flush() throws IOException {
    if (out.hasCapability("hflush")) {
      out.hflush();
    } else {
      out.flush();
    }
    flushedAtNanos = nanoTime.getAsLong();
  }

  /** The update a line is about; a torn last line of a killed attempt belongs to none. */
  private static long updateOf(String line) {
    try {
      return JSON.readTree(line).path("update").asLong(Long.MAX_VALUE);
    } catch (JsonProcessingException torn) {
      return Long.MAX_VALUE;
    }
  }
}

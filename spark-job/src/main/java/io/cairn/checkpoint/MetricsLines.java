/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;

/**
 * Where the lines of a {@link MetricsLog} go.
 *
 * <p>Owned and closed by the log.
 *
 * <p>Threading: one thread, but for what {@link #mark} returns, which another may run meanwhile.
 *
 * <p>Failure: an IOException means that the file system is gone or full.
 */
sealed interface MetricsLines permits OpenFileLines, CollectedLines {

  /** Takes bytes of lines. */
  void write(byte[] bytes) throws IOException;

  /** Makes lines visible, where that is cheap. */
  void flush() throws IOException;

  /** What makes the lines so far outlive this process and, as far as can be, its machine. */
  CheckpointWriter.SafeFirst mark() throws IOException;

  /** Puts a new log with the lines so far in the old one's place. */
  void begin() throws IOException;

  /** Lines so far are safe, and in {@code metrics.jsonl}, when this returns. */
  void close() throws IOException;

  /** Ends a log that did not begin, and leaves nothing of it. */
  void abandon() throws IOException;
}

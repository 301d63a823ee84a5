/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.checkpoint.MetricsParts.Part;
import io.cairn.checkpoint.MetricsParts.Writer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lines where a file is seen only when it is closed, and cannot be appended to. They are collected
 * in a file of this machine. What is new is stored as one of {@link MetricsParts}. A part takes in
 * those before it that are not longer than it is: so there are few of them, and a line is sent a
 * few times, not once for each checkpoint. When a part takes in all the others, and at the end,
 * {@code metrics.jsonl} becomes whole.
 *
 * <p>An attempt that has lost the run stores nothing: it looks at its claim before each part, and
 * before it replaces {@code metrics.jsonl}. What was past that look harms nothing while the newer
 * attempt goes on, whose parts count, and whose end deletes it and replaces the file once more.
 *
 * <p>Owned by a {@link MetricsLog}; the local file is deleted when it is closed.
 *
 * <p>Threading: one thread; what {@link #mark} returns may run in another meanwhile.
 */
final class CollectedLines implements MetricsLines {

  private static final Logger LOG = LoggerFactory.getLogger(CollectedLines.class);
  private static final int COPY_BYTES = 1 << 16;

  private final WholeFiles run;
  private final WholeFiles parts;
  private final String name;
  private final Optional<AttemptClaim> claim;
  private final Writer writer;
  private final Path local;
  private final OutputStream out;
  private long written;

  /** Stored and not taken in by another, in their order. Guarded by this. */
  private final Deque<Part> stored = new ArrayDeque<>();

  /** How much of it {@code metrics.jsonl} has; -1 before it is ours. Guarded by this. */
  private long joined = -1;

  /**
   * @param run the run's directory
   * @param name of the whole file
   * @param claim looked at before anything is stored
   * @param directory for the local file
   */
  CollectedLines(WholeFiles run, String name, Optional<AttemptClaim> claim, Path directory)
      throws IOException {
    this.run = run;
    this.parts = MetricsParts.in(run);
    this.name = name;
    this.claim = claim;
    this.writer = Writer.of(claim);
    this.local = Files.createTempFile(directory, "cairn-metrics-", ".jsonl");
    this.out = Files.newOutputStream(local);
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    out.write(bytes);
    written += bytes.length;
  }

  @Override
  public void flush() {}

  @Override
  public CheckpointWriter.SafeFirst mark() {
    long upTo = written;
    return () -> store(upTo);
  }

  @Override
  public void begin() throws IOException {
    parts.deleteAsides();
    store(written);
  }

  private synchronized void store(long upTo) throws IOException {
    long from = stored.isEmpty() ? 0 : stored.getLast().to();
    if (upTo <= from && !stored.isEmpty()) {
      return;
    }
    requireClaim();
    List<Part> takenIn = new ArrayList<>();
    for (Part last = stored.peekLast();
        last != null && last.bytes() <= upTo - from;
        last = stored.peekLast()) {
      from = last.from();
      takenIn.add(stored.removeLast());
    }
    Part part = new Part(writer, from, upTo);
    try {
      copy(parts, part.name(), from, upTo);
    } catch (IOException e) {
      for (int i = takenIn.size() - 1; i >= 0; i--) {
        stored.addLast(takenIn.get(i));
      }
      throw e;
    }
    stored.addLast(part);
    if (from == 0) {
      join(upTo);
    }
    delete(takenIn);
  }

  /** Afterwards the file has all lines up to there, and nothing older has any. */
  private void join(long upTo) throws IOException {
    requireClaim();
    boolean isFirst = joined < 0;
    copy(run, name, 0, upTo);
    joined = upTo;
    if (isFirst) {
      delete(
          MetricsParts.list(parts).stream()
              .filter(part -> part.writer().compareTo(writer) < 0)
              .toList());
    }
  }

  private void requireClaim() throws IOException {
    if (claim.isPresent()) {
      claim.get().requireNewest();
    }
  }

  /** What is not deleted now is read by nobody, and the next attempt or the end deletes it. */
  private void delete(List<Part> unwanted) {
    for (Part part : unwanted) {
      try {
        parts.directory().delete(part.name());
      } catch (IOException e) {
        LOG.warn("{} could not be deleted: {}", part.name(), e.toString());
        return;
      }
    }
  }

  private void copy(WholeFiles target, String to, long from, long upTo) throws IOException {
    target.replace(
        to,
        out -> {
          try (InputStream in = Files.newInputStream(local)) {
            in.skipNBytes(from);
            byte[] bytes = new byte[COPY_BYTES];
            for (long left = upTo - from; left > 0; ) {
              int some = in.read(bytes, 0, (int) Math.min(left, bytes.length));
              if (some < 0) {
                throw new EOFException(local + " has lost lines");
              }
              out.write(bytes, 0, some);
              left -= some;
            }
          }
        });
  }

  @Override
  public synchronized void close() throws IOException {
    try (out) {
      if (joined < written) {
        store(written);
      }
      // Also where it has all lines: one that lost the run may have replaced it since.
      join(written);
      // At no moment may those that are left be read as the metrics of an attempt before, or as
      // less than all of ours.
      delete(
          MetricsParts.list(parts).stream()
              .filter(part -> part.writer().compareTo(writer) <= 0)
              .sorted(
                  Comparator.comparing(Part::writer)
                      .thenComparingLong(Part::from)
                      .thenComparingLong(Part::to))
              .toList());
    } finally {
      Files.deleteIfExists(local);
    }
  }

  @Override
  public void abandon() throws IOException {
    try (out) {
      Files.deleteIfExists(local);
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;

/**
 * Lines of metrics that are not in {@code metrics.jsonl} yet, in parts. An object cannot be
 * appended to, and the whole file is not to be sent again for each checkpoint.
 *
 * <p>A part {@code metrics/0003-1f2e3d4c-000000000000-000000104857.jsonl} is the bytes from the
 * first number to before the second of the whole file as attempt 3 has it; what stands between
 * tells apart attempts that began at the same moment. What an attempt has is a part from 0 and
 * those that follow on it without a gap; where several begin at the same byte, the longest counts.
 * The newest attempt of which there is a part from 0 has the metrics. If there is none, {@code
 * metrics.jsonl} has them.
 *
 * <p>So a part that is stored twice, late, cut off, or by an attempt that has lost the run, harms
 * nothing.
 *
 * <p>Threading: immutable.
 */
final class MetricsParts {

  private static final String DIRECTORY = "metrics";
  private static final Pattern NAME =
      Pattern.compile("(\\d{4,9})-([0-9a-f]{8})-(\\d{12,18})-(\\d{12,18})\\.jsonl");

  private MetricsParts() {}

  /** Where the parts of a run are. */
  static WholeFiles in(WholeFiles run) {
    return new WholeFiles(run.directory().within(DIRECTORY));
  }

  /**
   * Who writes parts. The order is that of claims.
   *
   * @param attempt its number, 0 for one without a claim
   * @param token the first eight digits of its claim's
   */
  record Writer(int attempt, String token) implements Comparable<Writer> {
    private static final int DIGITS = 8;

    static Writer of(Optional<AttemptClaim> claim) {
      return claim
          .map(held -> new Writer(held.attempt(), held.token().substring(0, DIGITS)))
          .orElse(new Writer(0, "0".repeat(DIGITS)));
    }

    @Override
    public int compareTo(Writer other) {
      return attempt == other.attempt
          ? token.compareTo(other.token)
          : Integer.compare(attempt, other.attempt);
    }
  }

  /**
   * A part, by its name.
   *
   * @param from the first byte of the whole file that it has
   * @param to the first that it has not
   */
  record Part(Writer writer, long from, long to) {

    long bytes() {
      return to - from;
    }

    String name() {
      return "%04d-%s-%012d-%012d.jsonl".formatted(writer.attempt(), writer.token(), from, to);
    }
  }

  /** All that are there, whole or cut off, those from 0 first, the shortest first. */
  static List<Part> list(WholeFiles parts) throws IOException {
    return list(parts, file -> true);
  }

  private static List<Part> list(WholeFiles parts, Predicate<FileStatus> wanted)
      throws IOException {
    return parts.directory().names(wanted).stream()
        .flatMap(name -> parse(name).stream())
        .sorted(Comparator.comparingLong(Part::from).thenComparingLong(Part::to))
        .toList();
  }

  /** What is not as long as its name says was cut off while it was stored. */
  private static boolean isWhole(FileStatus file) {
    return parse(file.getPath().getName()).filter(p -> p.bytes() == file.getLen()).isPresent();
  }

  private static Optional<Part> parse(String name) {
    Matcher parsed = NAME.matcher(name);
    return parsed.matches()
        ? Optional.of(
            new Part(
                new Writer(Integer.parseInt(parsed.group(1)), parsed.group(2)),
                Long.parseLong(parsed.group(3)),
                Long.parseLong(parsed.group(4))))
        : Optional.empty();
  }

  /** Those that are the metrics, in their order; none where {@code metrics.jsonl} has them. */
  private static List<Part> chain(List<Part> all) {
    Optional<Writer> newest =
        all.stream()
            .filter(part -> part.from() == 0)
            .map(Part::writer)
            .max(Comparator.naturalOrder());
    List<Part> chain = new ArrayList<>();
    Optional<Part> next = newest.flatMap(writer -> longest(all, writer, 0));
    while (next.isPresent()) {
      Part part = next.get();
      chain.add(part);
      next = longest(all, part.writer(), part.to()).filter(further -> further.bytes() > 0);
    }
    return chain;
  }

  private static Optional<Part> longest(List<Part> all, Writer writer, long from) {
    return all.stream()
        .filter(part -> part.writer().equals(writer) && part.from() == from)
        .max(Comparator.comparingLong(Part::to));
  }

  /**
   * Opens the metrics, if there are any; the caller closes the stream.
   *
   * @param run the run's directory
   * @param name of the file that has them where no parts have
   */
  static Optional<InputStream> open(WholeFiles run, String name) throws IOException {
    if (run.directory().showsOpenFiles()) {
      return run.open(name);
    }
    List<Part> chain = chain(list(in(run), MetricsParts::isWhole));
    return chain.isEmpty() ? run.open(name) : Optional.of(new Joined(run, name, chain));
  }

  /**
   * Parts one after the other, of which one is open at a time. A part that a longer one has taken
   * in meanwhile is gone; then the rest is read from what has taken it in. Threading: one thread.
   */
  private static final class Joined extends InputStream {
    private static final int MOST_TRIES = 10;

    private final WholeFiles run;
    private final String name;
    private final Writer writer;
    private final Deque<Part> left;
    private InputStream open = InputStream.nullInputStream();
    private long position;

    Joined(WholeFiles run, String name, List<Part> chain) {
      this.run = run;
      this.name = name;
      this.writer = chain.get(0).writer();
      this.left = new ArrayDeque<>(chain);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int some = open.read(into, from, length);
      while (some < 0 && !left.isEmpty()) {
        open.close();
        open = InputStream.nullInputStream();
        open = next();
        some = open.read(into, from, length);
      }
      position += Math.max(0, some);
      return some;
    }

    /** Parts that are skipped whole are not opened. */
    @Override
    public long skip(long count) throws IOException {
      long from = position;
      long to = position + Math.max(0, count);
      while (isBetweenParts() && left.getFirst().to() <= to) {
        position = left.removeFirst().to();
      }
      if (position < to && isBetweenParts()) {
        position = to;
        open.close();
        open = InputStream.nullInputStream();
        open = next();
      } else if (position < to) {
        position += open.skip(to - position);
      }
      return position - from;
    }

    /** Whether what is open is read to its end, and another part follows. */
    private boolean isBetweenParts() {
      return !left.isEmpty() && left.getFirst().from() == position;
    }

    private InputStream next() throws IOException {
      for (int tries = 0; tries < MOST_TRIES && !left.isEmpty(); tries++) {
        Part part = left.removeFirst();
        try {
          return at(position - part.from(), in(run).directory().open(part.name()));
        } catch (FileNotFoundException takenIn) {
          left.clear();
          left.addAll(rest());
        }
      }
      // The attempt has ended, and all of it is in the whole file.
      return at(position, run.directory().open(name));
    }

    /** Those from here on. */
    private List<Part> rest() throws IOException {
      List<Part> chain = chain(list(in(run), MetricsParts::isWhole));
      if (chain.stream().anyMatch(part -> !part.writer().equals(writer))) {
        throw new IOException(
            "the metrics in %s are another attempt's since they were opened; read them again"
                .formatted(run.directory().root()));
      }
      return chain.stream().filter(part -> part.to() > position).toList();
    }

    private static InputStream at(long byteInIt, InputStream file) throws IOException {
      try {
        file.skipNBytes(byteInIt);
        return file;
      } catch (IOException e) {
        try (file) {
          throw e;
        }
      }
    }

    @Override
    public void close() throws IOException {
      open.close();
    }
  }
}

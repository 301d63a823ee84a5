/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import com.sun.management.ThreadMXBean;
import io.cairn.replica.HostileFiles.HostileFile;
import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads damaged files in a process of its own, which one of them may end.
 *
 * <p>Writes a line for each: its number before it is read, and then what became of it. Memory is
 * measured without help of what is measured. On the heap, all that the thread allocates is counted,
 * be it garbage by then. Outside of it the highest resident memory counts, as the kernel has it; so
 * the process is to have a heap that is resident from the start.
 */
final class HostileFilesProcess {

  private static final Path RESET = Path.of("/proc/self/clear_refs");
  private static final Path STATUS = Path.of("/proc/self/status");

  /** What an outcome begins with that is no answer to a damaged file. */
  static final String FAILED = "FAILED ";

  /** What one begins with of a file that was read, and whose model is none for the examples. */
  static final String DID_NOT_FIT = "did not fit: ";

  /** For what every file takes: objects of a graph, and parts of libraries that are touched. */
  static final long ALLOWED_BYTES = 4L << 20;

  private HostileFilesProcess() {}

  /**
   * What became of a file.
   *
   * @param read whether it was read; else it was refused
   * @param heapBytes allocated on the heap until then
   * @param outsideBytes resident memory outside of the heap, at most, until then
   * @param passBytes the same of the first pass over two examples, if it was read
   * @param failure why it was refused, or empty
   */
  record Outcome(
      String kind,
      boolean read,
      long fileBytes,
      long heapBytes,
      long outsideBytes,
      long passBytes,
      double seconds,
      String failure) {

    private static final String TAB = "\t";

    /** Whether it was read, or took no more until it was refused than it may. */
    boolean isSmall() {
      return read || heapBytes + outsideBytes <= 2 * fileBytes + ALLOWED_BYTES;
    }

    String line() {
      return String.join(
          TAB,
          kind,
          String.valueOf(read),
          String.valueOf(fileBytes),
          String.valueOf(heapBytes),
          String.valueOf(outsideBytes),
          String.valueOf(passBytes),
          String.valueOf(seconds),
          failure);
    }

    static Outcome of(String line) {
      String[] parts = line.split(TAB, -1);
      return new Outcome(
          parts[0],
          Boolean.parseBoolean(parts[1]),
          Long.parseLong(parts[2]),
          Long.parseLong(parts[3]),
          Long.parseLong(parts[4]),
          Long.parseLong(parts[5]),
          Double.parseDouble(parts[6]),
          parts[7]);
    }
  }

  /**
   * Reads files.
   *
   * @param arguments the first number, the one after the last, and the file for the outcomes
   */
  public static void main(String[] arguments) throws IOException {
    HostileFiles files = new HostileFiles();
    long end = Long.parseLong(arguments[1]);
    try (Writer to = Files.newBufferedWriter(Path.of(arguments[2]))) {
      // What is loaded and compiled once is no file's.
      for (int round = 0; round < 3; round++) {
        for (int kind = 0; kind < files.kinds(); kind++) {
          to.write("whole\t" + read(files.whole(kind)).line() + "\n");
        }
      }
      for (long number = Long.parseLong(arguments[0]); number < end; number++) {
        to.write(number + "\t");
        to.flush();
        to.write(read(files.damaged(number)).line() + "\n");
      }
    }
  }

  /** What the process itself takes now and then, such as in a collection, is not there again. */
  private static Outcome read(HostileFile file) throws IOException {
    Outcome outcome = readOnce(file);
    for (int again = 0; again < 2 && !outcome.isSmall(); again++) {
      outcome = readOnce(file);
    }
    return outcome;
  }

  private static Outcome readOnce(HostileFile file) throws IOException {
    Files.writeString(RESET, "5");
    long resident = kilobytes("VmRSS:");
    long allocated = allocated();
    long start = System.nanoTime();
    ModelSource source = null;
    String failure = "";
    try {
      source = ModelSource.read(file.name(), file.content(), 0, file.wishes());
    } catch (ModelException e) {
      failure = oneLine(e.getMessage());
    } catch (Throwable e) {
      failure = FAILED + oneLine(e + at(e));
    }
    long heapBytes = allocated() - allocated;
    long outsideBytes = (kilobytes("VmHWM:") - resident) << 10;
    long passBytes = 0;
    if (source != null) {
      Files.writeString(RESET, "5");
      resident = kilobytes("VmRSS:");
      try {
        source.trials().outputShapes(file.examples(), "two examples");
      } catch (ModelException e) {
        failure = DID_NOT_FIT + oneLine(e.getMessage());
      } catch (Throwable e) {
        failure = FAILED + oneLine(e + at(e));
      }
      passBytes = (kilobytes("VmHWM:") - resident) << 10;
    }
    return new Outcome(
        file.kind(),
        source != null,
        file.content().length,
        heapBytes,
        outsideBytes,
        passBytes,
        (System.nanoTime() - start) / 1e9,
        failure);
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ");
  }

  private static String at(Throwable e) {
    StringBuilder at = new StringBuilder();
    StackTraceElement[] trace = e.getStackTrace();
    for (int i = 0; i < Math.min(12, trace.length); i++) {
      at.append(" < ").append(trace[i]);
    }
    return at.toString();
  }

  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  private static long kilobytes(String key) throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}

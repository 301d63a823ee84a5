/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decides who is to blame for an exception that was thrown while rows of a source were read.
 *
 * <p>Whatever a source, a reader, a cast or a function throws is the fault of the data or the
 * settings: the same rows would throw it again. What a machine, the network or Spark itself throws
 * is not, and Spark may try again. The exceptions of the second group are listed here, because
 * nobody can list what sources throw.
 *
 * <p>An exception is judged by the types and messages of its chain of causes. It may be known only
 * from a stack trace in text, because that is all that reaches a driver which does not have the
 * exception's class.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param text the innermost cause that says something, in a line
 * @param file what was being read, as far as the report tells
 */
record ReaderFault(String text, Optional<String> file) {

  /** Failures of machines, of the network and of Spark, by simple name. */
  private static final Pattern MACHINES =
      Pattern.compile(
          "Socket\\w*|Connect\\w*|\\w*Timeout\\w*|\\w*TimedOut\\w*|NoRouteToHost\\w*|UnknownHost\\w*"
              + "|\\w*Interrupt\\w*|TaskKilled\\w*|\\w*FetchFailed\\w*|BlockMissing\\w*"
              + "|\\w*Throttl\\w*|\\w*Status50\\d\\w*|Standby\\w*|\\w*Error");

  /** The same, where only the words tell. */
  private static final Pattern MACHINES_WORDS =
      Pattern.compile(
          "Failed to get broadcast_|No space left on device|Input/output error|Connection reset"
              + "|Read-only file system|Stale file handle|Disk quota exceeded|/blockmgr-"
              + "|ExecutorLostFailure|SparkContext was shut down|Too many open files"
              + "|^(Job|Stage) \\d+ (was )?cancelled");

  /** An assertion of a reader, or of user code, is no failure of the machine. */
  private static final Pattern NOT_MACHINES =
      Pattern.compile("AssertionError|MatchError|ExceptionInInitializerError");

  private static final Pattern CAUSE =
      Pattern.compile("^(?:Caused by: )?([a-zA-Z_][\\w.]*\\.[\\w$]+)(?:: (.*))?$");
  private static final Pattern READING =
      Pattern.compile(
          "\\b((?:file|hdfs|viewfs|s3a?|abfss?|wasbs?|gs|oss):/[^\\s,;'\"()\\[\\]]*[^\\s,;:.'\"()\\[\\]])");

  /** As Spark 3.5 says it, and as Spark 4 does: file, column, what is expected, what is found. */
  private static final List<Pattern> WRONG_TYPE =
      List.of(
          Pattern.compile(
              "Parquet column cannot be converted in file (.*?)\\. Column: \\[(.*?)], Expected: (.*?), Found: (\\S+?)\\.?$"),
          Pattern.compile(
              "error while reading file (.*?)\\. Data type mismatches when reading Parquet column \\[(.*?)]\\."
                  + " Expected Spark type (.*?), actual Parquet type (\\S+?)\\.?$"));

  private static final Pattern NOT_REGISTERED = Pattern.compile("Class is not registered: (\\S+)");
  private static final String SPARK = "org.apache.spark.SparkException";

  /** One exception of a chain. */
  private record Link(String type, String message) {

    String simpleName() {
      return type.substring(Math.max(type.lastIndexOf('.'), type.lastIndexOf('$')) + 1);
    }

    boolean isMachines() {
      return (MACHINES.matcher(simpleName()).matches()
              && !NOT_MACHINES.matcher(simpleName()).matches())
          || MACHINES_WORDS.matcher(message).find();
    }

    /** The first line, without Spark's error class in brackets, and without the code of Spark 4. */
    String line() {
      String line = message.strip().lines().findFirst().orElse("").strip();
      return line.replaceFirst("^\\[[A-Z_.0-9]+] ", "").replaceFirst(" SQLSTATE: \\w{5}$", "");
    }
  }

  /** Empty where it was no fault of the data's. */
  static Optional<ReaderFault> of(Throwable failure) {
    return of(links(failure));
  }

  /** The innermost cause that says something, in a line. */
  static String reason(Throwable failure) {
    return innermost(links(failure)).orElseGet(failure::toString);
  }

  private static List<Link> links(Throwable failure) {
    List<Link> chain = new ArrayList<>();
    for (Throwable e = failure; e != null && chain.size() < 50; e = e.getCause()) {
      chain.add(new Link(e.getClass().getName(), String.valueOf(e.getMessage())));
    }
    return chain;
  }

  /** The same, of a stack trace in text. */
  static Optional<ReaderFault> of(String stackTrace) {
    return of(links(stackTrace));
  }

  /**
   * The error that says it.
   *
   * @param story what the sentence begins with: what is read, for which setting
   * @param cause what brought it to light; may be null
   */
  DataException inWords(String story, Throwable cause) {
    String place = file.map(name -> name + ": ").orElse("");
    return new DataException(List.of(story + ": " + place + text), cause);
  }

  private static List<Link> links(String stackTrace) {
    List<Link> chain = new ArrayList<>();
    for (String line : stackTrace.lines().toList()) {
      Matcher cause = CAUSE.matcher(line);
      if (cause.matches() && (chain.isEmpty() || line.startsWith("Caused by: "))) {
        chain.add(new Link(cause.group(1), cause.group(2) == null ? "" : cause.group(2)));
      }
    }
    return chain;
  }

  private static Optional<ReaderFault> of(List<Link> chain) {
    if (chain.isEmpty() || chain.stream().anyMatch(Link::isMachines)) {
      return Optional.empty();
    }
    Optional<String> file =
        chain.stream()
            .flatMap(link -> link.message().lines())
            .map(READING::matcher)
            .filter(Matcher::find)
            .map(found -> found.group(1))
            .findFirst();
    for (Link link : chain) {
      for (Pattern wrongType : WRONG_TYPE) {
        Matcher type = wrongType.matcher(link.line());
        if (type.find()) {
          return Optional.of(
              new ReaderFault(
                  "column '%s' is %s in this file, and not %s as in the table's schema"
                      .formatted(type.group(2), type.group(4), type.group(3)),
                  Optional.of(type.group(1))));
        }
      }
      Matcher unknown = NOT_REGISTERED.matcher(link.message());
      if (unknown.find()) {
        return Optional.of(
            new ReaderFault(
                "spark.kryo.registrationRequired = true, and Spark itself sends "
                    + unknown.group(1)
                    + " in jobs of its own: leave that setting out",
                Optional.empty()));
      }
    }
    // Parquet's own format is read by a protocol made for networks, and complains in its words.
    boolean thrift = chain.stream().anyMatch(link -> link.type().contains(".thrift."));
    return innermost(chain)
        .map(
            text ->
                thrift
                    ? "it is damaged: "
                        + text.replace("Socket is closed by peer", "it ends too early")
                    : text)
        .map(text -> new ReaderFault(text, file));
  }

  /** The innermost cause with a message; a job's own report says only that there was one. */
  private static Optional<String> innermost(List<Link> chain) {
    for (int i = chain.size() - 1; i >= 0; i--) {
      Link link = chain.get(i);
      boolean jobs = link.type().equals(SPARK) && link.line().startsWith("Job ");
      String line = link.message().equals("null") ? "" : link.line();
      if (!jobs && (!line.isEmpty() || i == 0)) {
        return Optional.of(around(chain, i, sentence(link, line)));
      }
    }
    // What stands below a job's report, of which only the text came over.
    String report = chain.get(chain.size() - 1).message();
    List<Link> inside =
        report.contains("Lost task") || report.contains("stage failure")
            ? links(inner(report))
            : List.of();
    return inside.isEmpty() || inside.stream().anyMatch(Link::isMachines)
        ? Optional.empty()
        : innermost(inside);
  }

  /** An exception further out that repeats the cause and says more: what was being read. */
  private static String around(List<Link> chain, int innermost, String cause) {
    String found = cause;
    for (int i = innermost - 1; i >= 0; i--) {
      String line = chain.get(i).line();
      boolean more =
          !line.startsWith("Job ") && line.endsWith(found) && !line.contains("Exception:");
      found = more ? line : found;
    }
    return found;
  }

  /** From the exception's name on. */
  private static String inner(String report) {
    int name = report.indexOf("): ");
    return name < 0 ? report : report.substring(name + 3);
  }

  private static String sentence(Link link, String line) {
    if (link.simpleName().equals("ClassNotFoundException")) {
      return line.contains(".hive.")
          ? "spark.sql.catalogImplementation = hive needs a Spark with Hive's classes, and this one has no "
              + line
          : "class " + line + " is not on the class path";
    }
    if (link.simpleName().equals("FileNotFoundException")) {
      return "no such file: " + line;
    }
    boolean bare =
        link.type().startsWith("java.lang.")
            && !link.simpleName().equals("IllegalArgumentException")
            && !link.simpleName().equals("IllegalStateException")
            && !link.simpleName().equals("RuntimeException");
    if (line.isEmpty()) {
      return link.simpleName();
    }
    return bare ? link.simpleName() + ": " + line : line;
  }
}

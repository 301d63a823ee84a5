/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.settings.SourceSettings;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipException;
import org.apache.spark.SparkException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Opens sources, and turns Spark's failures to read them into errors that an operator can act on.
 *
 * <p>Threading: the driver's thread.
 */
final class Sources {
  private static final String READING_FILE = "Encountered error while reading file ";

  private static final String CAUSED_BY = "Caused by: ";

  private Sources() {}

  /**
   * The rows of a source, not yet read.
   *
   * @param setting the setting that names it, for messages
   * @throws DataException if it is not there, or no data of its format
   */
  static Dataset<Row> open(SparkSession spark, String setting, SourceSettings source) {
    try {
      if (source.format().equals(IdxSource.FORMAT)) {
        return IdxSource.open(spark, source);
      }
      return spark.read().format(source.format()).options(source.options()).load(source.path());
    } catch (DataException e) {
      throw new DataException(
          e.problems().stream().map(problem -> setting + ": " + problem).toList(), e);
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      if (e instanceof SparkException) {
        // A job that looks at files in order to find the columns.
        throw failed(setting, source, e);
      }
      throw new DataException(List.of(setting + ": " + cannotRead(source, e)), e);
    }
  }

  private static String cannotRead(SourceSettings source, Throwable e) {
    return "cannot read %s as %s: %s".formatted(source.path(), source.format(), reason(e));
  }

  /** The innermost cause, in a line, without Spark's error class in brackets. */
  private static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String line = line(cause);
    return cause instanceof FileNotFoundException ? "no such file: " + line : line;
  }

  private static String line(Throwable e) {
    String text = e.getMessage() == null ? e.toString() : e.getMessage();
    String line = text.strip().lines().findFirst().orElse(e.toString());
    return line.replaceFirst("^\\[[A-Z_.0-9]+] ", "");
  }

  /**
   * What a failed job over the source means: the data's fault as a {@link DataException}, anything
   * else (a lost executor, a stopped context, a file system out of reach) as it is.
   */
  static RuntimeException failed(String setting, SourceSettings source, Exception failure) {
    boolean outOfReach = false;
    for (Throwable e = failure; e != null; e = e.getCause()) {
      outOfReach |= e instanceof SocketException || e instanceof SocketTimeoutException;
      outOfReach |= e instanceof UnknownHostException || e instanceof InterruptedIOException;
    }
    for (Throwable e = failure; e != null && !outOfReach; e = e.getCause()) {
      if (e instanceof DataException data) {
        return new DataException(data.problems(), failure);
      }
      Optional<String> fault = fault(e);
      if (fault.isPresent()) {
        String sentence =
            "%s: cannot read %s as %s: %s"
                .formatted(setting, source.path(), source.format(), fault.get());
        return new DataException(List.of(sentence), failure);
      }
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(setting + ": " + line(failure), failure);
  }

  /** What a reader complains of: a file's content, or that it is gone. */
  private static Optional<String> fault(Throwable e) {
    String text = String.valueOf(e.getMessage());
    int reading = text.indexOf(READING_FILE);
    if (reading >= 0) {
      return Optional.of(readingFile(text.substring(reading + READING_FILE.length())));
    }
    boolean content =
        e instanceof FileNotFoundException
            || e instanceof EOFException
            || e instanceof ZipException
            || e instanceof CharacterCodingException
            || e.getClass().getName().endsWith("AccessControlException")
            || text.contains("FILE_FOOTER")
            || text.contains("Could not read footer")
            || text.contains("MALFORMED_RECORD_IN_PARSING");
    return content ? Optional.of(reason(e)) : Optional.empty();
  }

  /** The file, and the first cause, out of Spark's report, which may be all that crosses over. */
  private static String readingFile(String report) {
    String file = report.lines().findFirst().orElse("").replaceFirst("\\.( Details:)?\\s*$", "");
    String cause =
        report
            .lines()
            .filter(line -> line.startsWith(CAUSED_BY))
            .map(line -> line.substring(CAUSED_BY.length()).replaceFirst("^[\\w.$]+: ", ""))
            .findFirst()
            .orElse("the file is damaged");
    return file + ": " + cause;
  }
}

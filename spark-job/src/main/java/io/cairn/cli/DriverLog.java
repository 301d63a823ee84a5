/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Decides where the driver's log goes if nobody else has: to a file, so that the terminal shows
 * only the run.
 *
 * <p>Under spark-submit the operator configures logging, and nothing is changed.
 *
 * <p>Threading: the main thread, before the first logger is made.
 */
final class DriverLog {

  private static final String CONFIGURATION = "log4j2.configurationFile";
  private static final String OWN_CONFIGURATION = "classpath:io/cairn/cli/log4j2-driver.properties";
  private static final String FILE = "cairn.driver.log";
  private static final String CONSOLE_LEVEL = "cairn.driver.log.console";

  private DriverLog() {}

  /** What else goes to the terminal. */
  enum Console {
    /** Nothing. */
    QUIET,
    /** Warnings and errors. */
    VERBOSE
  }

  /** Sends the log to a new file, unless the process was started with a configuration. */
  static void open(Console console) {
    if (isConfiguredOutside()) {
      return;
    }
    try {
      Path file = Files.createTempFile("cairn-driver-", ".log");
      System.setProperty(FILE, file.toString());
      if (console == Console.QUIET) {
        sendStrayErrorsTo(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no log file can be made: " + e.getMessage(), e);
    }
    System.setProperty(CONSOLE_LEVEL, console == Console.VERBOSE ? "WARN" : "OFF");
    System.setProperty(CONFIGURATION, OWN_CONFIGURATION);
  }

  /**
   * Scala's futures and uncaught exceptions of Spark's threads go to {@code System.err} past any
   * logger, as when an answer comes to a pool that is shutting down. What is for the user has been
   * given its stream before.
   */
  private static void sendStrayErrorsTo(Path file) throws IOException {
    OutputStream appending = Files.newOutputStream(file, StandardOpenOption.APPEND);
    System.setErr(new PrintStream(appending, true, Charset.defaultCharset()));
  }

  /** Deletes the file after a run about which there is nothing to read. */
  static void discard() {
    String file = System.getProperty(FILE);
    if (file != null) {
      try {
        Files.deleteIfExists(Path.of(file));
      } catch (IOException e) {
        // A log too many is no reason to fail a run that succeeded.
        Path.of(file).toFile().deleteOnExit();
      }
    }
  }

  /** A sentence about where the details are. */
  static String whereToLook() {
    String file = System.getProperty(FILE);
    String driver =
        file == null
            ? "details are in the driver's log"
            : "details are in the driver's log, " + file;
    String home = System.getenv("SPARK_HOME");
    boolean embedded = file != null && home != null && Files.isDirectory(Path.of(home, "work"));
    return embedded ? driver + ", and in the executors' logs below " + home + "/work" : driver;
  }

  private static boolean isConfiguredOutside() {
    return System.getProperty(CONFIGURATION) != null
        || System.getProperty("log4j.configurationFile") != null
        || HostProcess.isSubmitted();
  }
}

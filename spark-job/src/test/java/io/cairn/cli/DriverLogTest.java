/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DriverLogTest {

  private final PrintStream before = System.err;
  private final Properties properties = (Properties) System.getProperties().clone();
  private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();

  @BeforeEach
  void watchTheTerminal() {
    System.clearProperty("log4j2.configurationFile");
    System.setErr(new PrintStream(terminal, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restore() {
    System.setErr(before);
    System.setProperties(properties);
  }

  @Test
  void stackTraceThatSparkPrintsGoesToTheLogAndNotToTheTerminal() throws Exception {
    DriverLog.open(DriverLog.Console.QUIET);
    Path log = Path.of(System.getProperty("cairn.driver.log"));
    try {
      new IllegalStateException("printed past any logger").printStackTrace(System.err);
      assertThat(Files.readString(log)).contains("printed past any logger", "\tat ");
      assertThat(terminal.toString(StandardCharsets.UTF_8)).isEmpty();
    } finally {
      Files.delete(log);
    }
  }

  @Test
  void verboseTerminalShowsThemToo() throws Exception {
    DriverLog.open(DriverLog.Console.VERBOSE);
    Path log = Path.of(System.getProperty("cairn.driver.log"));
    try {
      new IllegalStateException("printed past any logger").printStackTrace(System.err);
      assertThat(terminal.toString(StandardCharsets.UTF_8)).contains("printed past any logger");
    } finally {
      Files.delete(log);
    }
  }
}

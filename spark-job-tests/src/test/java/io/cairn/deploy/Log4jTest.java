/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.AbstractConfiguration;
import org.apache.logging.log4j.core.config.ConfigurationFactory;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.status.StatusData;
import org.apache.logging.log4j.status.StatusListener;
import org.apache.logging.log4j.status.StatusLogger;
import org.junit.jupiter.api.Test;

/** {@code conf/log4j2.properties}: what Log4j makes of it, and whether what it names exists. */
class Log4jTest {

  private static final Path FILE =
      Path.of(System.getProperty("cairn.root")).resolve("conf/log4j2.properties");

  @Test
  void log4jTakesItWithoutAWord() throws Exception {
    Complaints complaints = new Complaints();
    StatusLogger.getLogger().registerListener(complaints);
    try (LoggerContext context = new LoggerContext("conf")) {
      configuration(context);
    } finally {
      StatusLogger.getLogger().removeListener(complaints);
    }
    assertThat(complaints.messages).isEmpty();
  }

  @Test
  void theRunIsHeardAndEveryLoggerNamesAPackageOrClassThatExists() throws Exception {
    try (LoggerContext context = new LoggerContext("conf")) {
      var configuration = configuration(context);
      assertThat(configuration.getLoggerConfig("io.cairn.launch.Supervisor").getLevel())
          .isEqualTo(Level.INFO);
      assertThat(configuration.getLoggers()).hasSizeGreaterThan(3);
      for (String name : configuration.getLoggers().keySet()) {
        assertThat(name.isEmpty() || exists(name)).as(name).isTrue();
      }
    }
  }

  private static AbstractConfiguration configuration(LoggerContext context) {
    var configuration =
        (AbstractConfiguration)
            ConfigurationFactory.getInstance()
                .getConfiguration(context, ConfigurationSource.fromUri(FILE.toUri()));
    configuration.initialize();
    return configuration;
  }

  private static boolean exists(String name) throws IOException {
    String path = name.replace('.', '/');
    ClassLoader loader = Log4jTest.class.getClassLoader();
    return loader.getResource(path + ".class") != null || loader.getResource(path) != null;
  }

  /** Keeps what Log4j says of a configuration. */
  private static final class Complaints implements StatusListener {
    final List<String> messages = new ArrayList<>();

    @Override
    public void log(StatusData data) {
      messages.add(data.getFormattedStatus());
    }

    @Override
    public Level getStatusLevel() {
      return Level.WARN;
    }

    @Override
    public void close() {}
  }
}

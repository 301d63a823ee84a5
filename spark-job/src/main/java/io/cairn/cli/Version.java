/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/**
 * The version of the jar we run from, as Maven recorded it there.
 *
 * <p>Threading: stateless.
 */
final class Version implements IVersionProvider {

  private static final String RECORD = "/META-INF/maven/io.cairn/cairn-spark-job/pom.properties";

  @Override
  public String[] getVersion() throws IOException {
    return new String[] {"cairn " + version()};
  }

  private static String version() throws IOException {
    try (InputStream in = Version.class.getResourceAsStream(RECORD)) {
      if (in == null) {
        return "(not packaged)";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "(unknown)");
    }
  }
}

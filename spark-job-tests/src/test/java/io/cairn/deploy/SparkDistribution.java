/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * A whole Spark distribution, with scripts and daemons: the one that {@code
 * deploy/standalone/install-spark} gets, or another that {@code -Dcairn.spark.distribution} names.
 *
 * <p>Where neither can be had, the tests that need one are skipped and say why.
 */
final class SparkDistribution {

  private SparkDistribution() {}

  /**
   * Its folder, for {@code SPARK_HOME}.
   *
   * @param folder for the output of its installation
   */
  static String home(Path folder) throws IOException, InterruptedException {
    String given = System.getProperty("cairn.spark.distribution", "");
    if (!given.isEmpty()) {
      return given;
    }
    try (Script install = Script.start(folder, Map.of(), "deploy/standalone/install-spark")) {
      Needed.assume(install.exitCode() == 0, "a Spark distribution", install);
      Path home = Path.of(install.output().strip());
      assertThat(home).isDirectory();
      return home.toString();
    }
  }
}

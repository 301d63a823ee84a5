/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.SparkBuildInfo;
import org.junit.jupiter.api.Test;

/** The jar and the Spark that runs it. */
class SparkReleaseTest {

  @Test
  void theSparkOfTheBuildIsTheOneThatTheJarIsFor() {
    assertThat(SparkRelease.running()).contains(SparkRelease.builtFor());
    assertThat(SparkBuildInfo.spark_version()).startsWith(SparkRelease.builtFor().release() + ".");
    SparkRelease.requireSame();
  }

  @Test
  void anotherSparkIsRefusedWithTheNamesOfBoth() {
    assertThatThrownBy(() -> SparkRelease.require(new SparkRelease("3.5"), new SparkRelease("4.0")))
        .isInstanceOf(LaunchException.class)
        .hasMessage(
            "this jar of Cairn is built for Spark 3.5, and this is Spark 4.0: take the jar for Spark 4.0 (README: which jar for which cluster)");
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.SparkBuildInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The jar and the Spark that runs it. */
@Tag("spark")
class SparkReleaseTest {

  @Test
  void theSparkOfTheBuildIsTheOneThatTheJarIsFor() {
    assertThat(SparkRelease.running()).contains(SparkRelease.builtFor());
    assertThat(SparkBuildInfo.spark_version()).startsWith(SparkRelease.builtFor().release() + ".");
    SparkRelease.requireSame();
  }

  @Test
  void anotherSparkOrAnotherScalaIsRefusedWithTheNamesOfBoth() {
    SparkRelease ours = new SparkRelease("3.5", "2.12");
    assertThatThrownBy(() -> SparkRelease.require(ours, new SparkRelease("4.0", "2.13")))
        .isInstanceOf(LaunchException.class)
        .hasMessage(
            "this jar of Cairn is built for Spark 3.5 with Scala 2.12, and this is Spark 4.0 with Scala 2.13; README (On a cluster) has which jar is for which");
    assertThatThrownBy(() -> SparkRelease.require(ours, new SparkRelease("3.5", "2.13")))
        .hasMessageContaining("and this is Spark 3.5 with Scala 2.13");
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options with which no executor would start are refused in a sentence. */
class ExecutorJvmTest {

  @ParameterizedTest
  @ValueSource(strings = {"spark.executor.extraJavaOptions", "spark.executor.defaultJavaOptions"})
  void theHeapIsSparksToSet(String key) {
    assertThat(mistakes(key, "-Da=b -Xmx3g -XX:+UseG1GC"))
        .containsExactly(
            key
                + " holds -Xmx3g: Spark gives an executor the heap of spark.executor.memory; set"
                + " that, and take -Xmx3g out");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-Dspark.executor.memory=3g | holds -Dspark.executor.memory=3g: Spark takes none",
        "-XX:MaxHeapSize=3g | take -XX:MaxHeapSize=3g out",
        "-XX:+UseZGC -XX:+UseG1GC | no executor starts with two collectors",
      })
  void whatSparkOrJavaRefusesIsNamed(String options, String words) {
    assertThat(mistakes("spark.executor.extraJavaOptions", options))
        .singleElement()
        .asString()
        .startsWith("spark.executor.extraJavaOptions ")
        .contains(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-XX:+UseZGC -Xms1g", "-Dmy.spark=1 -Xmn200m", ""})
  void otherOptionsAreNot(String options) {
    assertThat(mistakes("spark.executor.extraJavaOptions", options)).isEmpty();
  }

  private static List<String> mistakes(String key, String options) {
    return new ExecutorJvm(new SparkConf(false).set(key, options), Map.of()).mistakes();
  }
}

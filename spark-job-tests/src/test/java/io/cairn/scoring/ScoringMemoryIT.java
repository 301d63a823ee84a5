/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** True errors of memory outside the heap, in a task that scores. */
@Tag("heavy")
class ScoringMemoryIT {

  private static final String UNLIMITED = "0";
  private static final int BATCH = 256;

  @Test
  void batchThatDoesNotFitIsScoredInSmallerOnes() throws Exception {
    List<String> undisturbed = score(80, BATCH, UNLIMITED);
    List<String> disturbed = score(80, BATCH, "480m");
    assertThat(undisturbed).contains("FITTING " + BATCH);
    int fitting = Integer.parseInt(disturbed.get(disturbed.size() - 1).split(" ", 2)[1]);
    assertThat(fitting).isBetween(1, BATCH / 2);
    assertThat(values(disturbed))
        .hasSize(2 * ScoringProcess.EXAMPLES)
        .usingElementComparator((a, b) -> Math.abs(a - b) < 1e-12 ? 0 : 1)
        .isEqualTo(values(undisturbed));
    assertThat(values(undisturbed).get(0)).isCloseTo(0.5, within(0.499));
    assertThat(values(undisturbed)).doesNotHaveDuplicates();
  }

  @Test
  void whereNotEvenOneExampleFitsItSaysSo() throws Exception {
    assertThat(score(1400, 2, "450m"))
        .singleElement()
        .asString()
        .startsWith("SAID not even one example fits in the memory of an executor")
        .contains("spark.executor.memoryOverhead");
  }

  private static List<Double> values(List<String> said) {
    return said.stream()
        .filter(line -> line.startsWith("VALUE "))
        .map(line -> Double.valueOf(line.substring("VALUE ".length())))
        .toList();
  }

  /** What the process says with this limit on what it may hold. */
  private static List<String> score(int scale, int batch, String limit) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-Dorg.bytedeco.javacpp.maxbytes=8g",
                "-Dorg.bytedeco.javacpp.maxphysicalbytes=" + limit,
                "-cp",
                System.getProperty("java.class.path"),
                ScoringProcess.class.getName(),
                Integer.toString(scale),
                Integer.toString(batch))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      return out.lines().filter(line -> line.matches("(VALUE|FITTING|SAID) .*")).toList();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }
}

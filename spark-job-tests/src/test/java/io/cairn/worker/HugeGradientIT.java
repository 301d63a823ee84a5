/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.Precision;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Gradients that are longer than a buffer can be, among two processes. They need up to 10 GiB of
 * memory, so they run by hand.
 */
@Tag("soak")
class HugeGradientIT {

  private static final long GIB = 1L << 30;

  @Test
  void aGradientOf3GibIsSummedRightOverTwoRanks() throws Exception {
    long parameters = 3 * GIB / Float.BYTES + 1;
    assertThat(sums(parameters, Precision.EXACT)).hasSize(2).allMatch(this::isRight);
  }

  @Test
  void aRoundedOneKeepsErrorFeedbackForEachBucket() throws Exception {
    long parameters = 9 * GIB / 4 / Float.BYTES;
    assertThat(sums(parameters, Precision.BF16)).hasSize(2).allMatch(this::isRight);
  }

  private boolean isRight(String sum) {
    return sum.contains(
        " examples %d, loss 3.0, wrong 0;".formatted(2 * HugeGradientRank.EXAMPLES));
  }

  private static List<String> sums(long parameters, Precision precision) throws Exception {
    List<Process> processes = new ArrayList<>();
    List<BufferedReader> outputs = new ArrayList<>();
    try {
      List<String> members = new ArrayList<>();
      for (int rank = 0; rank < HugeGradientRank.RANKS; rank++) {
        processes.add(start(rank, parameters, precision));
        outputs.add(
            new BufferedReader(
                new InputStreamReader(
                    processes.get(rank).getInputStream(), StandardCharsets.UTF_8)));
        members.add(outputs.get(rank).readLine().substring("MEMBER ".length()));
      }
      for (Process process : processes) {
        process
            .getOutputStream()
            .write((String.join(" ", members) + "\n").getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
      }
      List<String> sums = new ArrayList<>();
      for (BufferedReader output : outputs) {
        sums.addAll(output.lines().filter(line -> line.startsWith("SUM ")).toList());
      }
      return sums;
    } finally {
      for (Process process : processes) {
        process.destroyForcibly().waitFor();
      }
      for (BufferedReader output : outputs) {
        output.close();
      }
    }
  }

  private static Process start(int rank, long parameters, Precision precision) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:MaxDirectMemorySize=4g",
            "-Dorg.bytedeco.javacpp.maxbytes=8g",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-cp",
            System.getProperty("java.class.path"),
            HugeGradientRank.class.getName(),
            Integer.toString(rank),
            Long.toString(parameters),
            precision.name())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}

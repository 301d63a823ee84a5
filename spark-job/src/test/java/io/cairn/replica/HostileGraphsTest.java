/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.replica.HostileFilesProcess.Outcome;
import io.cairn.settings.GraphSettings.Loss;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A file from somewhere is read, or refused in a sentence; it ends no process, and what is refused
 * has taken no more than twice the file's length.
 */
class HostileGraphsTest {

  private static final double MOST_SECONDS = 60;

  @Test
  void damagedFilesAreReadOrRefused(@TempDir Path folder) throws Exception {
    requireAnswers(0, 150, folder);
  }

  /** Another number of files, or other files, by {@code -Dcairn.hostile.files=FROM,TO}. */
  @Test
  @Tag("soak")
  void tenThousandDamagedFilesAreReadOrRefused(@TempDir Path folder) throws Exception {
    String[] files = System.getProperty("cairn.hostile.files", "1700,11700").split(",", -1);
    requireAnswers(Long.parseLong(files[0]), Long.parseLong(files[1]), folder);
  }

  /**
   * In a process of its own, which a file may end. What is freed is given back at once, so that the
   * next file's memory is seen.
   */
  private static void requireAnswers(long from, long to, Path folder) throws Exception {
    Path outcomes = folder.resolve("outcomes");
    Path said = folder.resolve("said");
    Path crash = folder.resolve("crash");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms512m",
                "-Xmx512m",
                "-XX:+AlwaysPreTouch",
                "-XX:TieredStopAtLevel=1",
                "-XX:ErrorFile=" + crash));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(it -> it.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            HostileFilesProcess.class.getName(),
            String.valueOf(from),
            String.valueOf(to),
            outcomes.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("MALLOC_ARENA_MAX", "1");
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "32768");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(30, TimeUnit.MINUTES)).as("it ends").isTrue();
    } finally {
      process.destroyForcibly().waitFor();
    }
    List<String> lines = Files.exists(outcomes) ? Files.readAllLines(outcomes) : List.of("none");
    assertThat(process.exitValue())
        .as(
            "file %s ended the process%n%s%n%s",
            lines.get(lines.size() - 1), end(said), beginning(crash))
        .isZero();
    requireAnswers(lines);
  }

  private static String beginning(Path file) throws IOException {
    return Files.exists(file)
        ? Files.readAllLines(file).stream().limit(40).collect(Collectors.joining("\n"))
        : "";
  }

  private static String end(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
  }

  private static void requireAnswers(List<String> lines) {
    List<String> wrong = new ArrayList<>();
    Map<String, Integer> refused = new HashMap<>();
    int read = 0;
    for (String line : lines) {
      int at = line.indexOf('\t');
      String file = "file " + line.substring(0, at);
      Outcome outcome = Outcome.of(line.substring(at + 1));
      if (file.endsWith("whole")) {
        assertThat(outcome.failure()).as("%s, %s", file, outcome.kind()).isEmpty();
        continue;
      }
      read += outcome.read() ? 1 : 0;
      refused.merge(outcome.kind(), outcome.read() ? 0 : 1, Integer::sum);
      boolean sentence =
          outcome.failure().isEmpty()
              || outcome.failure().startsWith(outcome.kind())
              || outcome.failure().startsWith(HostileFilesProcess.DID_NOT_FIT + outcome.kind());
      if (!sentence || !outcome.isSmall() || outcome.seconds() > MOST_SECONDS) {
        wrong.add(file + ": " + outcome);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(read).as("some damage is only to numbers").isPositive();
    assertThat(refused.values()).as("%s", refused).allMatch(count -> count > 0);
  }

  /** By which native code would read memory that is not its own. */
  @Test
  void changedStrideIsRefusedBeforeNativeCodeSeesIt() {
    byte[] content = Graphs.file(Graphs.dense(DataType.FLOAT));
    ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    boolean found = false;
    for (int at = 0; at + 40 < content.length && !found; at += 4) {
      if (file.getLong(at) == 2
          && file.getLong(at + 8) == 4
          && file.getLong(at + 16) == 6
          && file.getLong(at + 24) == 6) {
        file.putLong(at + 24, 1_000_000_000L);
        found = true;
      }
    }
    assertThat(found).isTrue();
    assertThatThrownBy(() -> ModelSource.read("g.fb", content, 0, Graphs.wishes(Loss.SPARSE)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("strides that do not fit its shape");
  }

  /** Two bytes each, of which a reader would make objects of hundreds. */
  @Test
  void emptyMessagesDoNotBecomeObjects() {
    ByteArrayOutputStream nodes = new ByteArrayOutputStream();
    for (int i = 0; i < 4_000_000; i++) {
      nodes.write(0x0a);
      nodes.write(0);
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(new byte[] {0x08, 0x08, 0x3a});
    int length = nodes.size();
    while (length >= 0x80) {
      file.write((length & 0x7f) | 0x80);
      length >>>= 7;
    }
    file.write(length);
    file.writeBytes(nodes.toByteArray());
    assertThatThrownBy(
            () ->
                ModelSource.read(
                    "m.onnx", file.toByteArray(), 0, OnnxFixture.MLP.wishes(Loss.SPARSE)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("far more memory than the file is long");
  }

  @Test
  void classesOfOthersInTrainingConfigAreRefused() {
    SameDiff graph =
        Graphs.dense(
            DataType.FLOAT,
            Graphs.adam(),
            (it, labels) -> it.getVariable("logits").sub(labels).sum("loss", false));
    String text =
        new String(Graphs.file(graph), java.nio.charset.StandardCharsets.ISO_8859_1)
            .replace(
                "org.nd4j.linalg.learning.config.Adam", "org.evil.linalg.learning.config.Adam");
    assertThatThrownBy(
            () ->
                ModelSource.read(
                    "g.fb",
                    text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1),
                    0,
                    Graphs.wishes(Loss.SPARSE)))
        .hasMessageContaining("names a class that is none of ND4J's for training");
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.jar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The job's jar beside the jars of a Spark that it is not built for. */
@Tag("spark")
class AnotherSparkIT {

  private static final String JAR = System.getProperty("cairn.jar");
  private static final String ANOTHER = System.getProperty("cairn.another.spark") + "/*";
  private static final String OURS = System.getProperty("cairn.spark.release");

  @Test
  void saysForWhichSparkItIsAndWhichThisIs() throws Exception {
    Process process = cairn();
    String output = output(process);
    assertThat(process.waitFor()).as(output).isEqualTo(2);
    assertThat(output)
        .startsWith("this jar of Cairn is built for Spark " + OURS + " with Scala ")
        .contains("and this is Spark " + (OURS.equals("3.5") ? "4.2" : "3.5") + " with Scala ")
        .hasLineCount(1);
  }

  /** As in YARN's application master, which shows what the program threw. */
  @Test
  void throwsThatSentenceWhereTheProcessIsSparks() throws Exception {
    Process process = cairn("-Dspark.master=yarn", "-Dspark.submit.deployMode=cluster");
    String output = output(process);
    assertThat(process.waitFor()).as(output).isEqualTo(1);
    assertThat(output)
        .contains("io.cairn.launch.LaunchException: this jar of Cairn is built for Spark " + OURS)
        .doesNotContain("NoSuchMethodError", "NoClassDefFoundError");
  }

  private static Process cairn(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", JAR + ":" + ANOTHER, "io.cairn.cli.Cairn"));
    command.addAll(List.of("plan", "conf/quickstart.conf"));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Path.of(System.getProperty("cairn.root")).toFile())
            .redirectErrorStream(true);
    // Java would say first that it has picked them up.
    builder.environment().remove("JDK_JAVA_OPTIONS");
    return builder.start();
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}

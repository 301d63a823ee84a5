/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ApiPageTest {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  private static final Path PROGRAM =
      ROOT.resolve("spark-job-tests/src/test/java/io/cairn/docs/TrainDigits.java");

  /** What is compiled and run here is what the page shows. */
  @Test
  void thePageShowsTheProgramThatIsRun() throws Exception {
    String program = Files.readString(PROGRAM);
    String shown = program.substring(program.indexOf("import io.cairn.api.TrainingJob;"));
    assertThat(Files.readString(ROOT.resolve("docs/api.md")))
        .contains("```java\n" + shown + "```\n");
  }
}

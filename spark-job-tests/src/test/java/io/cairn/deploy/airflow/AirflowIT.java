/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.airflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.deploy.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The DAGs in a real Airflow, against a standalone cluster: what {@code deploy/airflow/test} runs.
 */
@Tag("heavy")
class AirflowIT {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));

  @Test
  void nightlyRunsEndAsTheirStatusSays() throws Exception {
    assertThat(Tool.onPath("python3"))
        .as("deploy/airflow/test needs python3, 3.10 to 3.13, with venv and pip")
        .isPresent();
    Path log = ROOT.resolve("spark-job-tests/target/airflow-test.log");
    Tool.Result result =
        Tool.run(
            ROOT,
            Map.of("JAVA_HOME", System.getProperty("java.home")),
            List.of(ROOT.resolve("deploy/airflow/test").toString(), "-ra"));
    Files.writeString(log, result.output());
    assertThat(result.exitCode()).as("see %s:%n%s", log, tail(result.output())).isZero();
    assertThat(result.output()).contains(" passed").doesNotContain(" skipped");
  }

  private static String tail(String output) {
    List<String> lines = output.lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.airflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.deploy.Needed;
import io.cairn.deploy.Script;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The DAGs in a real Airflow, against a standalone cluster: what {@code deploy/airflow/test} runs.
 */
@Tag("soak")
class AirflowIT {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));

  /** The first time, an Airflow and a Spark are installed. */
  private static final Duration LIMIT = Duration.ofMinutes(30);

  /** The script's exit code for what cannot be had on this machine. */
  private static final int UNAVAILABLE = 69;

  @TempDir Path temp;

  @Test
  void nightlyRunsEndAsTheirStatusSays() throws Exception {
    Map<String, String> environment = Map.of("JAVA_HOME", System.getProperty("java.home"));
    try (Script script = Script.start(temp, environment, "deploy/airflow/test", "-ra")) {
      int exitCode = script.exitCode(LIMIT);
      Path log = ROOT.resolve("spark-job-tests/target/airflow-test.log");
      Files.writeString(log, script.everything());
      Needed.assume(exitCode != UNAVAILABLE, "what deploy/airflow/test needs", script);
      assertThat(exitCode).as("see %s:%n%s", log, tail(script.everything())).isZero();
      assertThat(script.everything()).contains(" passed").doesNotContain(" skipped");
    }
  }

  private static String tail(String output) {
    List<String> lines = output.lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
  }
}

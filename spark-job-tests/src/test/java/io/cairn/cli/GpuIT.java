/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Spark says of GPUs reaches the workers: real Spark resources from a discovery script that
 * stands in for nvidia-smi. That ND4J then computes on that GPU cannot be shown on a machine
 * without one.
 */
@Tag("heavy")
class GpuIT {

  @TempDir Path temp;

  /** A script that gives each caller the next of these addresses. */
  private Path discovery(String... addresses) throws IOException {
    Path places = Files.createDirectory(temp.resolve("places"));
    StringBuilder script = new StringBuilder("#!/bin/sh\n");
    for (int i = 0; i < addresses.length; i++) {
      script.append(
          "mkdir %s/%d 2>/dev/null && { echo '{\"name\": \"gpu\", \"addresses\": [\"%s\"]}'; exit; }\n"
              .formatted(places, i, addresses[i]));
    }
    Path file = temp.resolve("discover.sh");
    Files.writeString(file, script);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private DriverProcess train(Path discovery) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("train", "conf/quickstart.conf"));
    Collections.addAll(arguments, "--set", "output=" + temp.resolve("run"));
    for (String setting :
        List.of(
            "worker.resource.gpu.amount=1",
            "worker.resource.gpu.discoveryScript=" + discovery,
            "executor.resource.gpu.amount=1",
            "task.resource.gpu.amount=1")) {
      Collections.addAll(arguments, "--set", "spark.spark." + setting);
    }
    return DriverProcess.embedded(temp, arguments.toArray(new String[0]));
  }

  @Test
  void twoWorkersThatWereGivenTheSameGpuAreRefused() throws Exception {
    try (DriverProcess driver = train(discovery("0", "0"))) {
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(1);
      assertThat(driver.output())
          .containsPattern("ranks 0 and 1 both have GPU 0 of host [0-9.]+")
          .doesNotContain("\tat ");
    }
    assertThat(DriverProcess.status(temp.resolve("run")).get("reason").asText())
        .contains("both have GPU 0");
  }

  @Test
  void theGpuOfTheTaskIsTheOneThatIsBound() throws Exception {
    try (DriverProcess driver = train(discovery("5", "7"))) {
      assertThat(driver.exitCode()).as(driver.output()).isEqualTo(2);
      assertThat(driver.output())
          .containsPattern("Spark assigned GPU [57], but this jar computes on the CPU")
          .doesNotContain("\tat ");
    }
  }
}

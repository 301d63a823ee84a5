/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Programs that Python's packages carry.
 *
 * <p>Threading: stateless.
 */
public final class Python {

  /** Packages come from far. */
  private static final Duration LONGEST_INSTALLATION = Duration.ofMinutes(20);

  private Python() {}

  /** The interpreter on the PATH. */
  public static Optional<Path> interpreter() {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(folder -> Path.of(folder, "python3"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * A virtual environment with packages in it; made where it is not there yet.
   *
   * @return its folder
   */
  public static Path environment(Path folder, String... packages)
      throws IOException, InterruptedException {
    Path made = folder.resolve("made-for");
    String wanted = String.join(" ", packages);
    if (Files.exists(made) && Files.readString(made).equals(wanted)) {
      return folder;
    }
    assertThat(interpreter()).as("python3 is needed, with venv and pip").isPresent();
    Files.createDirectories(folder);
    must(folder, interpreter().orElseThrow().toString(), "-m", "venv", folder.toString());
    List<String> install =
        new ArrayList<>(List.of(folder.resolve("bin/pip").toString(), "install", "--quiet"));
    install.addAll(List.of(packages));
    must(folder, install.toArray(String[]::new));
    Files.writeString(made, wanted);
    return folder;
  }

  private static void must(Path folder, String... command)
      throws IOException, InterruptedException {
    try (Script script = Script.start(folder, Map.of(), command)) {
      assertThat(script.exitCode(LONGEST_INSTALLATION)).as(script.everything()).isZero();
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

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
  private static Optional<Path> interpreter() {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(folder -> Path.of(folder, "python3"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * A virtual environment with packages in it; made where it is not there yet. Where it cannot be
   * made, for want of python3 or of something to install from, the test is skipped.
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
    Needed.assume(interpreter().isPresent(), "python3, with venv and pip");
    Files.createDirectories(folder);
    get(
        "a virtual environment",
        folder,
        interpreter().orElseThrow().toString(),
        "-m",
        "venv",
        folder.toString());
    List<String> install =
        new ArrayList<>(List.of(folder.resolve("bin/pip").toString(), "install", "--quiet"));
    install.addAll(List.of(packages));
    get(wanted, folder, install.toArray(String[]::new));
    Files.writeString(made, wanted);
    return folder;
  }

  private static void get(String what, Path folder, String... command)
      throws IOException, InterruptedException {
    try (Script script = Script.start(folder, Map.of(), command)) {
      Needed.assume(script.exitCode(LONGEST_INSTALLATION) == 0, what, script);
    }
  }
}

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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Programs that are not Java.
 *
 * <p>Threading: stateless.
 */
public final class Tool {

  private static final Duration LIMIT = Duration.ofMinutes(30);

  private Tool() {}

  /**
   * How a program ended.
   *
   * @param exitCode its exit code
   * @param output all that it printed
   */
  public record Result(int exitCode, String output) {}

  /** Runs a program to its end, in a folder, with variables added to the environment. */
  public static Result run(Path folder, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile("tool-", ".log");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(log.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw new AssertionError(command + " does not end:\n" + Files.readString(log));
      }
      return new Result(process.exitValue(), Files.readString(log));
    } finally {
      Files.deleteIfExists(log);
    }
  }

  /**
   * A virtual environment of Python's with packages in it; made where it is not there yet.
   *
   * @return its folder
   */
  public static Path python(Path folder, String... packages)
      throws IOException, InterruptedException {
    Path made = folder.resolve("made-for");
    String wanted = String.join(" ", packages);
    if (Files.exists(made) && Files.readString(made).equals(wanted)) {
      return folder;
    }
    Path python =
        onPath("python3")
            .orElseThrow(() -> new AssertionError("python3 is needed, with venv and pip"));
    must(List.of(python.toString(), "-m", "venv", "--clear", folder.toString()));
    must(
        Stream.concat(
                Stream.of(folder.resolve("bin/pip").toString(), "install", "--quiet"),
                Stream.of(packages))
            .toList());
    Files.writeString(made, wanted);
    return folder;
  }

  /** A program on the PATH. */
  public static Optional<Path> onPath(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static void must(List<String> command) throws IOException, InterruptedException {
    Result result = run(Path.of("").toAbsolutePath(), Map.of(), command);
    assertThat(result.exitCode()).as("%s:%n%s", command, result.output()).isZero();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.mutations;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A temporary folder in which mutated sources are compiled and tests are run.
 *
 * <p>Who opens it closes it, which deletes the folder. Threading: one thread. An {@link
 * IllegalStateException} says what cannot be compiled or run, with its output.
 */
final class Workplace implements AutoCloseable {

  private static final int LONGEST_SECONDS = 300;

  private final Path folder;
  private final Path root;
  private final List<String> jvmOptions;

  private Workplace(Path folder, Path root, List<String> jvmOptions) {
    this.folder = folder;
    this.root = root;
    this.jvmOptions = List.copyOf(jvmOptions);
  }

  /**
   * @param root the project's folder, which is only read
   * @param jvmOptions of the processes that run tests
   */
  static Workplace open(Path root, List<String> jvmOptions) throws IOException {
    return new Workplace(Files.createTempDirectory("cairn-mutations-"), root, jvmOptions);
  }

  /** Compiles one source with a defect in it; the next run of tests is with that one alone. */
  void compile(Mutation mutation) throws IOException {
    clear();
    Path source = folder.resolve("source").resolve(Path.of(mutation.file()).getFileName());
    Files.createDirectories(source.getParent());
    Files.writeString(source, mutation.appliedTo(Files.readString(root.resolve(mutation.path()))));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-proc:none",
              "-nowarn",
              "-XDsuppressNotes",
              "-parameters",
              "-d",
              Files.createDirectories(folder.resolve("classes")).toString(),
              "-cp",
              System.getProperty("java.class.path"));
      if (!compiler
          .getTask(null, files, null, options, null, files.getJavaFileObjects(source))
          .call()) {
        throw new MutationException(mutation + ": does not compile");
      }
    }
  }

  /**
   * Runs tests.
   *
   * @return what noticed something: the first test that failed, or that they did not end in time;
   *     empty if all passed
   */
  Optional<String> failure(List<String> tests) throws IOException, InterruptedException {
    Path log = folder.resolve("log");
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    // Where jqwik keeps its seeds.
    Files.createDirectories(temporary.resolve("target"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.add("-Djava.io.tmpdir=" + temporary);
    command.add("-Dcairn.root=" + root);
    command.add("-cp");
    command.add(
        folder.resolve("classes") + File.pathSeparator + System.getProperty("java.class.path"));
    command.add(ChosenTests.class.getName());
    command.addAll(tests);
    Process process =
        new ProcessBuilder(command)
            .directory(temporary.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
        return Optional.of("not over after " + LONGEST_SECONDS + " s");
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
    return switch (process.exitValue()) {
      case ChosenTests.PASSED -> Optional.empty();
      case ChosenTests.FAILED -> Optional.of(lastLine(log));
      default ->
          throw new IllegalStateException(
              "%s ended with %d:%n%s"
                  .formatted(String.join(" ", tests), process.exitValue(), Files.readString(log)));
    };
  }

  private static String lastLine(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return lines.get(lines.size() - 1);
  }

  private void clear() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      all.sorted(Comparator.reverseOrder())
          .filter(path -> !path.equals(folder))
          .forEach(Workplace::delete);
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    clear();
    Files.delete(folder);
  }
}

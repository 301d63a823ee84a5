/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import io.cairn.collective.link.membership.Protection;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A ring of {@link RingMember} processes. Whoever starts it closes it, which ends them all.
 *
 * <p>Threading: one thread.
 */
final class RingProcesses implements AutoCloseable {

  private static final String LOOPBACK = "127.0.0.1";

  /** A read from a process can't be interrupted: whoever hangs that long is ended. */
  private static final long LIMIT_SECONDS = 100;

  private final List<Process> processes = new ArrayList<>();
  private final List<BufferedReader> outputs = new ArrayList<>();
  private final List<String> members = new ArrayList<>();

  /**
   * What shape of ring.
   *
   * @param memory where all ranks share memory, if they do
   */
  record RingShape(
      Protection protection, int worldSize, RingMember.Payload payload, Optional<Path> memory) {

    /** One over connections. */
    RingShape(Protection protection, int worldSize, RingMember.Payload payload) {
      this(protection, worldSize, payload, Optional.empty());
    }
  }

  /** Ranks on this machine. */
  RingProcesses(RingShape shape, long updates, Duration progressTimeout) throws IOException {
    this(
        IntStream.range(0, shape.worldSize())
            .mapToObj(
                rank ->
                    command(
                        RingMember.class,
                        new RingMember.Place(
                            rank, LOOPBACK, shape.protection(), progressTimeout, shape.memory()),
                        shape.payload().name(),
                        Long.toString(updates)))
            .toList());
  }

  /** Ranks that {@code commands} start, as {@link #command} makes them. */
  RingProcesses(List<List<String>> commands) throws IOException {
    for (List<String> command : commands) {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      processes.add(process);
      process
          .onExit()
          .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
          .exceptionally(late -> process.destroyForcibly());
      outputs.add(
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
    }
    for (BufferedReader output : outputs) {
      members.add(output.readLine().substring("MEMBER ".length()));
    }
    String line = members.stream().collect(Collectors.joining(" ", "", "\n"));
    for (Process process : processes) {
      process.getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    }
  }

  /** What starts a rank: a Java program that is told its place first. */
  static List<String> command(Class<?> main, RingMember.Place place, String... more) {
    List<String> command = new ArrayList<>(java());
    command.add(main.getName());
    command.addAll(place.arguments());
    command.addAll(List.of(more));
    return command;
  }

  /** A small Java process with the classes of this one. */
  static List<String> java() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx64m",
        "-XX:+UseSerialGC",
        "-cp",
        System.getProperty("java.class.path"));
  }

  Process process(int rank) {
    return processes.get(rank);
  }

  /** Where a rank listened. */
  String address(int rank) {
    String member = members.get(rank);
    return member.substring(0, member.lastIndexOf(':'));
  }

  /** The next line that a rank prints; nothing once it has ended. */
  Optional<String> line(int rank) {
    try {
      return Optional.ofNullable(outputs.get(rank).readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All that a rank still prints, until it has ended. */
  List<String> rest(int rank) {
    List<String> lines = new ArrayList<>();
    for (Optional<String> line = line(rank); line.isPresent(); line = line(rank)) {
      lines.add(line.get());
    }
    return lines;
  }

  /** Stops a process without ending it, as a debugger or a frozen host would. */
  void stop(int rank) throws IOException, InterruptedException {
    String pid = Long.toString(processes.get(rank).pid());
    Process kill = new ProcessBuilder("kill", "-STOP", pid).inheritIO().start();
    if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
      throw new IOException("could not stop process " + pid);
    }
  }

  @Override
  public void close() throws IOException {
    for (Process process : processes) {
      process.destroyForcibly();
    }
    for (BufferedReader output : outputs) {
      output.close();
    }
  }
}

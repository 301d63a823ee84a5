/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.net;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Hosts with a network between them. Whoever makes them closes them, after the processes that run
 * there.
 *
 * <p>Threading: one thread.
 *
 * <p>Fails with {@link UnavailableException} where this machine, or this user, may not make them.
 */
public final class Hosts implements AutoCloseable {

  private final Process network;
  private final BufferedReader output;
  private final List<String> namespaces = new ArrayList<>();

  /** What stands in the way. */
  public static final class UnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    UnavailableException(String message) {
      super(message);
    }
  }

  /**
   * Makes hosts.
   *
   * @param java the start of a command that runs a Java program with the classes of this process
   * @param count how many
   * @param delay from one to another
   * @param bitsPerSecond that each can send
   */
  public Hosts(List<String> java, int count, Duration delay, long bitsPerSecond)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("unshare", isRoot() ? "-n" : "-Urn"));
    command.addAll(java);
    command.add(NetworkProcess.class.getName());
    command.add(Integer.toString(count));
    command.add(Long.toString(delay.toNanos() / 1000));
    command.add(Long.toString(bitsPerSecond));
    try {
      network = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new UnavailableException("network namespaces cannot be made here: " + e.getMessage());
    }
    output =
        new BufferedReader(new InputStreamReader(network.getInputStream(), StandardCharsets.UTF_8));
    String line = output.readLine();
    while (line != null && line.startsWith("HOST ")) {
      namespaces.add(line.substring("HOST ".length()));
      line = output.readLine();
    }
    if (!"READY".equals(line)) {
      close();
      throw new UnavailableException("network namespaces cannot be made here: " + line);
    }
  }

  private static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }

  /** Where a host is reached. */
  public static String address(int host) {
    return "10.77.0." + (host + 1);
  }

  /** The command that runs {@code command} on a host. */
  public List<String> on(int host, List<String> command) throws IOException {
    List<String> there = new ArrayList<>(List.of("nsenter", "-t", namespaces.get(host), "-n"));
    if (!isRoot()) {
      there.addAll(List.of("-U", "--preserve-credentials"));
    }
    there.addAll(command);
    return there;
  }

  /** From now on nothing passes from or to a host, and nobody is told. */
  public void cut(int host) throws IOException {
    network.getOutputStream().write(("CUT " + host + "\n").getBytes(StandardCharsets.UTF_8));
    network.getOutputStream().flush();
  }

  @Override
  public void close() throws IOException {
    network.destroy();
    output.close();
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.net;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The process that is the network: runs in a namespace of its own, makes one for each host, and
 * carries packets between them until its input ends. All of it vanishes with the process.
 *
 * <p>Prints {@code HOST pid} for each, whose namespace is the host's, then {@code READY}; or {@code
 * CANNOT} and why. Understands {@code CUT number}: nothing passes from or to that host any more.
 */
public final class NetworkProcess {

  private static final int MTU = 9000;

  private NetworkProcess() {}

  /** Arguments: hosts, delay in microseconds, bits per second. */
  public static void main(String[] arguments) throws InterruptedException {
    try {
      run(
          Integer.parseInt(arguments[0]),
          Long.parseLong(arguments[1]) * 1000,
          Long.parseLong(arguments[2]));
    } catch (IOException | LinkageError e) {
      System.out.println("CANNOT " + e.getMessage());
      System.exit(1);
    }
    System.exit(0);
  }

  private static void run(int count, long delayNanos, long bitsPerSecond)
      throws IOException, InterruptedException {
    List<Tunnel> tunnels = new ArrayList<>();
    List<Long> hosts = new ArrayList<>();
    for (int host = 0; host < count; host++) {
      String name = "cairn" + host;
      tunnels.add(new Tunnel(name));
      long pid = namespace();
      hosts.add(pid);
      execute("ip", "link", "set", name, "netns", Long.toString(pid));
      inside(pid, "ip link set lo up");
      inside(pid, "ip link set " + name + " mtu " + MTU);
      inside(pid, "ip addr add " + Hosts.address(host) + "/24 dev " + name);
      inside(pid, "ip link set " + name + " up");
      // Sums come one after the other with pauses; a switched network does not forget its width.
      inside(pid, "echo 0 > /proc/sys/net/ipv4/tcp_slow_start_after_idle");
      // Others, such as BBR, let the line rest from time to time to measure it.
      inside(pid, "echo reno > /proc/sys/net/ipv4/tcp_congestion_control");
    }
    for (Tunnel tunnel : tunnels) {
      new Cable(tunnel, tunnels, delayNanos, bitsPerSecond).connect();
    }
    hosts.forEach(pid -> System.out.println("HOST " + pid));
    System.out.println("READY");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      int host = Integer.parseInt(line.substring("CUT ".length()));
      tunnels.get(host).cut();
    }
  }

  /** A process whose only purpose is its namespace; it ends when this one does. */
  private static long namespace() throws IOException {
    Process holder = new ProcessBuilder("unshare", "-n", "sh", "-c", "echo; exec cat").start();
    if (holder.getInputStream().read() < 0) {
      throw new IOException("unshare -n: " + message(holder));
    }
    return holder.pid();
  }

  private static void inside(long pid, String command) throws IOException, InterruptedException {
    execute("nsenter", "-t", Long.toString(pid), "-n", "sh", "-c", command);
  }

  private static void execute(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).start();
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + message(process));
    }
  }

  private static String message(Process process) throws IOException {
    byte[] said = process.getErrorStream().readAllBytes();
    return new String(said, StandardCharsets.UTF_8).strip().replace('\n', ' ');
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What a {@link Contestant} tells its processes, on their side: after the meeting, {@code BYTES
 * COUNT} asks for that many operations of that size, and the answer is {@code TOOK NANOS CPU_NANOS}
 * for one of them, the median and the mean. The end of the input is the end.
 *
 * <p>Threading: one thread.
 */
final class Commands {

  private static final BufferedReader IN =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** What is measured. */
  @FunctionalInterface
  interface Operation {
    void run(int bytes) throws IOException;
  }

  private Commands() {}

  /** Says where this process is, and hears where all are. */
  static List<String> meet(String own) throws IOException {
    System.out.println("MEMBER " + own);
    return List.of(IN.readLine().split(" "));
  }

  /** Of all threads of this process that run Java: the process's own clock ticks in 10 ms. */
  private static long cpuNanos() {
    return Arrays.stream(THREADS.getAllThreadIds())
        .map(THREADS::getThreadCpuTime)
        .filter(nanos -> nanos > 0)
        .sum();
  }

  static void obey(Operation operation) throws IOException {
    for (String line = IN.readLine(); line != null; line = IN.readLine()) {
      List<String> words = List.of(line.split(" "));
      int bytes = Integer.parseInt(words.get(0));
      long[] times = new long[Integer.parseInt(words.get(1))];
      long cpuBefore = cpuNanos();
      for (int i = 0; i < times.length; i++) {
        long start = System.nanoTime();
        operation.run(bytes);
        times[i] = System.nanoTime() - start;
      }
      long cpu = (cpuNanos() - cpuBefore) / times.length;
      Arrays.sort(times);
      System.out.println("TOOK " + times[times.length / 2] + " " + cpu);
    }
  }
}

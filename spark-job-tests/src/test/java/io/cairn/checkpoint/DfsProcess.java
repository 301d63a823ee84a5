/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * {@link MiniDfs} in a process of its own.
 *
 * <p>Who starts it closes it. Threading: one thread.
 */
final class DfsProcess implements AutoCloseable {

  private static final int STOP_SECONDS = 30;

  private final Process process;
  private final String address;

  private DfsProcess(Process process, String address) {
    this.process = process;
    this.address = address;
  }

  /** Starts it and returns when it can be used. */
  static DfsProcess start(Path folder) throws IOException, URISyntaxException {
    URI classes = MiniDfs.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    Path log = folder.resolve("dfs.log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/java.util=ALL-UNNAMED",
                "-cp",
                Path.of(classes) + ":" + System.getProperty("cairn.mini.yarn") + "/*",
                MiniDfs.class.getName(),
                folder.resolve("data").toString())
            .directory(folder.toFile())
            .redirectError(log.toFile())
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    while (line != null && !line.startsWith(MiniDfs.READY)) {
      line = out.readLine();
    }
    if (line == null) {
      throw new AssertionError("no HDFS:\n" + Files.readString(log));
    }
    return new DfsProcess(process, line.substring(MiniDfs.READY.length()));
  }

  /** Such as {@code hdfs://localhost:40123}. */
  String address() {
    return address;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}

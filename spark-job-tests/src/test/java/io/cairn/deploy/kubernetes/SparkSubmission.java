/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code deploy/kubernetes/submit} as a user runs it, with a Spark distribution whose spark-submit
 * is Spark's own class on the tests' class path.
 *
 * <p>Threading: one thread.
 *
 * @param exitCode of the script
 * @param output all that it printed
 */
record SparkSubmission(int exitCode, String output) {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));
  private static final long LIMIT_MINUTES = 5;

  /** Runs it to its end. */
  static SparkSubmission of(Path folder, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ROOT.resolve("deploy/kubernetes/submit").toString());
    command.addAll(List.of(arguments));
    Path log = Files.createTempFile(folder, "submit-", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("SPARK_HOME", distribution(folder).toString());
    Process process = builder.start();
    if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new AssertionError("submit does not end:\n" + Files.readString(log));
    }
    return new SparkSubmission(process.exitValue(), Files.readString(log));
  }

  private static Path distribution(Path folder) throws IOException {
    Path home = Files.createDirectories(folder.resolve("spark/bin")).getParent();
    Path submit = home.resolve("bin/spark-submit");
    Files.writeString(
        submit,
        """
        #!/usr/bin/env bash
        exec "%s" %s -cp "%s" org.apache.spark.deploy.SparkSubmit "$@"
        """
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("cairn.jvm.options"),
                System.getProperty("java.class.path")));
    Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
    return home;
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What this process stands in, as far as an embedded Spark depends on it.
 *
 * @param sparkHome {@code SPARK_HOME}, if it is set
 * @param processors cores this process may use
 * @param memoryBytes memory of the machine or container
 * @param executorClassPath what executors on this machine need to find Cairn
 * @param javaOptions the variables from which each Java machine that this process starts takes
 *     options, as far as they are set
 * @param executorArchive classes as executors of this machine load them, in the form of the Java
 *     machine's class data sharing, if {@code deploy/local/cairn} has recorded one
 */
public record HostEnvironment(
    Optional<Path> sparkHome,
    int processors,
    long memoryBytes,
    String executorClassPath,
    Map<String, String> javaOptions,
    Optional<Path> executorArchive) {

  /** The property that names {@link #executorArchive}. */
  private static final String EXECUTOR_ARCHIVE = "cairn.executor.archive";

  /** Of a machine on which no start was recorded. */
  public HostEnvironment(
      Optional<Path> sparkHome,
      int processors,
      long memoryBytes,
      String executorClassPath,
      Map<String, String> javaOptions) {
    this(sparkHome, processors, memoryBytes, executorClassPath, javaOptions, Optional.empty());
  }

  public HostEnvironment {
    Objects.requireNonNull(sparkHome, "sparkHome");
    Objects.requireNonNull(executorClassPath, "executorClassPath");
    Objects.requireNonNull(executorArchive, "executorArchive");
    javaOptions = Map.copyOf(javaOptions);
  }

  /** The environment of this process. */
  public static HostEnvironment ofThisProcess(Map<String, String> environment) {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return new HostEnvironment(
        Optional.ofNullable(environment.get("SPARK_HOME")).filter(s -> !s.isBlank()).map(Path::of),
        Runtime.getRuntime().availableProcessors(),
        system.getTotalMemorySize(),
        ownClassPath(),
        environment.entrySet().stream()
            .filter(variable -> ExecutorJvm.VARIABLES.contains(variable.getKey()))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)),
        Optional.ofNullable(System.getProperty(EXECUTOR_ARCHIVE)).map(Path::of));
  }

  /** Our jar; run from a folder of classes, all of this process's class path. */
  private static String ownClassPath() {
    try {
      Path own =
          Path.of(
              HostEnvironment.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Files.isDirectory(own) ? System.getProperty("java.class.path") : own.toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("our own code source is no path", e);
    }
  }
}

/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Where the benchmarks find the project, and a scratch folder that is deleted at the end.
 *
 * <p>Threading: one thread.
 *
 * @param root the project's folder
 * @param jar the job's jar
 * @param sparkHome a Spark distribution, as SPARK_HOME names it
 * @param jvmOptions what every JVM here needs
 * @param scratch for data, outputs and logs
 */
record BenchHome(Path root, Path jar, Path sparkHome, List<String> jvmOptions, Path scratch)
    implements AutoCloseable {

  static final int FEATURES = 784;
  static final int CLASSES = 10;

  static BenchHome open() throws IOException {
    return new BenchHome(
        Path.of(required("cairn.root")),
        Path.of(required("cairn.jar")),
        Path.of(required("cairn.spark.home")),
        Arrays.stream(required("cairn.jvm.options").split(" ")).filter(o -> !o.isBlank()).toList(),
        Files.createTempDirectory("cairn-bench"));
  }

  private static String required(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException(property + " is not set: run deploy/local/bench");
    }
    return value;
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** The command of a JVM with this process's class path. */
  List<String> javaCommand(List<String> options, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(jvmOptions);
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /**
   * MNIST-shaped images in IDX files: random pixels around one pattern a class, so that there is
   * something to learn.
   *
   * @return the images' file; the labels lie beside it
   */
  Path images(int count) throws IOException {
    Path images = scratch.resolve("n" + count + "-images-idx3-ubyte");
    if (Files.exists(images)) {
      return images;
    }
    Random random = new Random(1);
    byte[][] patterns = new byte[CLASSES][FEATURES];
    for (byte[] pattern : patterns) {
      random.nextBytes(pattern);
    }
    try (DataOutputStream pixels = idx(images, 0x803, count, 28, 28);
        DataOutputStream labels =
            idx(scratch.resolve("n" + count + "-labels-idx1-ubyte"), 0x801, count)) {
      byte[] image = new byte[FEATURES];
      for (int i = 0; i < count; i++) {
        int label = random.nextInt(CLASSES);
        random.nextBytes(image);
        for (int j = 0; j < FEATURES; j++) {
          image[j] = (byte) (((image[j] & 0xff) + (patterns[label][j] & 0xff)) / 2);
        }
        pixels.write(image);
        labels.write(label);
      }
    }
    return images;
  }

  private static DataOutputStream idx(Path file, int magic, int... sizes) throws IOException {
    OutputStream buffered = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20);
    DataOutputStream out = new DataOutputStream(buffered);
    out.writeInt(magic);
    for (int size : sizes) {
      out.writeInt(size);
    }
    return out;
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(scratch)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.deleteIfExists(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}

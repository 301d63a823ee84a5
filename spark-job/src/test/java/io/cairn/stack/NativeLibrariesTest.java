/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.openblas.global.openblas_full;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The native libraries that end up in the process are the ones that the build chose, not some that
 * a machine has.
 */
class NativeLibrariesTest {

  @Test
  @EnabledOnOs(OS.LINUX)
  void nd4jAndOpenBlasComeFromTheChosenArtifacts() throws IOException {
    Nd4j.rand(4, 4).mmul(Nd4j.rand(4, 4));

    assertThat(mapped("libnd4jcpu.so"))
        .allSatisfy(path -> assertThat(path).contains(System.getProperty("cairn.nd4j.classifier")));
    assertThat(mapped("libopenblas"))
        .allSatisfy(path -> assertThat(path).contains("openblas-0.3.31"));
  }

  @Test
  void openBlasKnowsThisProcessor() {
    // "Prescott" is what it falls back to for a processor that it does not know: a quarter of the
    // speed.
    assertThat(openblas_full.openblas_get_corename().getString()).isNotEqualTo("Prescott");
    assertThat(openblas_full.openblas_get_config().getString()).contains("OpenBLAS 0.3.31");
  }

  private static List<String> mapped(String library) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      List<String> paths =
          lines
              .filter(line -> line.contains(library))
              .map(line -> line.substring(line.indexOf('/')))
              .distinct()
              .toList();
      assertThat(paths).as("mapped files named %s", library).isNotEmpty();
      return paths;
    }
  }
}

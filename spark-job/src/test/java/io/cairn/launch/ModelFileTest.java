/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.replica.GraphWishes;
import io.cairn.replica.ModelException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {

  @TempDir Path directory;

  @Test
  void aLargeFileThatIsNoArchiveIsRefusedByNameAndSize() throws IOException {
    Path file = directory.resolve("model.h5");
    try (RandomAccessFile holes = new RandomAccessFile(file.toFile(), "rw")) {
      holes.setLength(1L << 31);
    }
    assertThatThrownBy(
            () ->
                ModelFile.read(
                    "model.source", file.toString(), new Configuration(false), 1, GraphWishes.NONE))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("model.source = " + file + " has 2,147,483,648 bytes")
        .hasMessageContaining("only Deeplearning4j's archives are read")
        .hasMessageEndingWith("is not a DL4J model: it has no configuration.json");
  }
}
